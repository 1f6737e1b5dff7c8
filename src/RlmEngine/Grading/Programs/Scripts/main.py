# The supervisor's start.


def main():
    global ANSWERS
    close_to_inspection()
    ANSWERS = take_answers_aside()
    job = json.loads(sys.stdin.readline())
    kind = job["kind"]
    if kind == "probe":
        answer({"problem": probe()})
    elif kind == "run":
        for result in run_inputs(job):
            answer(result)
    elif kind == "tests":
        run_code_tests(job)
    else:
        run_calls(job)


main()
