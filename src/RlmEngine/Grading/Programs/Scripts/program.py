# The untrusted side: runs the program as a module and does what the judge asks of its functions and objects.
import os
import sys
import types


def serve(requests, replies):
    objects = []

    def remember(value):
        objects.append(value)
        return {"object": len(objects) - 1}

    def answer(act):
        try:
            reply = {"value": pack(act(), remember)}
        except StopIteration:
            reply = {"stop": True}
        except BaseException as problem:
            reply = {"error": type(problem).__name__, "text": describe(problem)}
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()

    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    for line in requests:
        request = json.loads(line)
        answer(lambda: perform(module, request, lambda packed: unpack(packed, objects.__getitem__)))


def describe(problem):
    try:
        return str(problem)[:500]
    except BaseException:
        return ""


def perform(module, request, read):
    act = request["act"]
    space = module.__dict__
    if act == "run":
        sys.argv = ["solution.py"]
        exec(compile(request["program"], "solution.py", "exec"), space)
        return None
    if act == "name":
        if request["name"] not in space:
            raise NameError("the program defines no %s" % request["name"])
        return space[request["name"]]
    if act == "function":
        # LeetCode's form has the function in a class of this name; the module may have an imported one that is called so too.
        owner = space["Solution"]() if hasattr(space.get("Solution"), request["name"]) else module
        if not hasattr(owner, request["name"]):
            raise NameError("the program defines no %s" % request["name"])
        return getattr(owner, request["name"])
    subject = read(request["subject"])
    if act == "call":
        return subject(*read(request["positional"]), **read(request["named"]))
    if act == "get":
        return getattr(subject, request["name"])
    if act == "set":
        return setattr(subject, request["name"], read(request["value"]))
    return {"iterate": iter, "next": next, "length": len, "truth": bool, "text": str}[act](subject)


serve(os.fdopen(3, "rb"), os.fdopen(4, "wb"))
