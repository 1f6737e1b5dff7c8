namespace RlmEngine.Reports;

/// <summary>The script of the report, which only reads values out under the pointer.</summary>
public static class PageScript
{
    /// <summary>For each plot: a guide at the nearest step, and each line's value there.</summary>
    public const string HoverReadOut = """
        for (const svg of document.querySelectorAll("svg[data-hover]")) {
          const data = JSON.parse(svg.dataset.hover);
          const guide = document.createElementNS(svg.namespaceURI, "line");
          const box = document.createElement("div");
          box.className = "readout";
          guide.setAttribute("class", "guide");
          guide.setAttribute("y1", 24);
          guide.setAttribute("y2", data.bottom);
          const nearest = (xs, x) => xs.reduce((best, v, i) => Math.abs(v - x) < Math.abs(xs[best] - x) ? i : best, 0);
          const hide = () => { guide.remove(); box.remove(); };
          svg.addEventListener("pointerleave", hide);
          svg.addEventListener("pointermove", event => {
            const scale = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
            const share = ((event.clientX - svg.getBoundingClientRect().left) * scale - data.left) / data.width;
            if (share < 0 || share > 1) return hide();
            const wanted = data.low + share * (data.high - data.low);
            const lines = data.lines.filter(line => line.x.length);
            if (!lines.length) return;
            const all = lines.map(line => line.x[nearest(line.x, wanted)]);
            const step = all[nearest(all, wanted)];
            const x = data.left + (step - data.low) / (data.high - data.low) * data.width;
            guide.setAttribute("x1", x);
            guide.setAttribute("x2", x);
            box.replaceChildren(data.name + " " + +step.toPrecision(6));
            for (const line of lines) {
              const row = document.createElement("div");
              row.className = "b" + line.color;
              row.textContent = line.name + "  " + line.y[nearest(line.x, step)];
              box.append(row);
            }
            svg.append(guide);
            svg.parentNode.append(box);
            box.style.top = svg.getBoundingClientRect().top - svg.parentNode.getBoundingClientRect().top + 26 + "px";
            const left = svg.parentNode.clientWidth * (x / svg.viewBox.baseVal.width);
            box.style.left = Math.max(4, left + 14 + box.offsetWidth > svg.parentNode.clientWidth ? left - box.offsetWidth - 8 : left + 14) + "px";
          });
        }
        """;
}
