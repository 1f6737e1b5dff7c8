namespace RlmEngine.Reports;

/// <summary>The style sheet of the report: light, dark, narrow and printed.</summary>
public static class PageStyle
{
    /// <summary>CSS; colours are variables, so that a dark page changes only those.</summary>
    public const string Sheet = """
        :root {
          --page: #f6f7f9; --sheet: #ffffff; --ink: #1b1f24; --soft: #5d6671; --hair: #e3e6ea; --axis: #aab1ba; --note: #fff4d6; --after: #f1f7fc;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b8578f; --c4: #b88700; --c5: #3f9fd8; --c6: #6b7280;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #101317; --sheet: #181c22; --ink: #e7eaee; --soft: #9aa4b0; --hair: #2a3038; --axis: #5b6572; --note: #3a3116; --after: #1b2530;
            --c0: #4aa8e0; --c1: #ff8f4d; --c2: #2fc79b; --c3: #e08fbd; --c4: #e6b53c; --c5: #93d0f5; --c6: #a3acb8;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
        h1 { font-size: 27px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
        h2 { font-size: 18px; margin: 34px 0 10px; }
        .facts { color: var(--soft); margin: 0 0 4px; display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 14px; }
        .facts b { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
        .note { background: var(--note); border-radius: 8px; padding: 8px 14px; margin: 12px 0; }
        .caption { color: var(--soft); font-size: 13px; margin: 6px 2px; }
        .cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 0; }
        .card, figure, table, details { background: var(--sheet); border: 1px solid var(--hair); border-radius: 10px; }
        .card { flex: 1 0 auto; min-width: 128px; padding: 10px 14px; display: flex; flex-direction: column; }
        .card b { font-size: 19px; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .card .label, .card .unit { color: var(--soft); font-size: 12.5px; }
        .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 16px; margin-top: 34px; }
        figure { margin: 0; padding: 14px 14px 8px; position: relative; min-width: 0; }
        figcaption { font-weight: 650; }
        .legend { display: flex; flex-wrap: wrap; gap: 0 16px; min-height: 21px; color: var(--soft); font-size: 13px; }
        .legend i { display: inline-block; width: 18px; height: 0; border-top: 3px solid; border-radius: 2px; margin-right: 6px; vertical-align: 4px; }
        .legend i.dash { border-top-style: dashed; border-radius: 0; }
        .legend i.box { width: 11px; height: 11px; border: 0; background: currentColor; vertical-align: -1px; }
        svg.plot { display: block; width: 100%; height: auto; margin-top: 6px; font-size: 11.5px; font-variant-numeric: tabular-nums; }
        svg text { fill: var(--soft); }
        svg text.stagename { stroke: var(--sheet); stroke-width: 4px; paint-order: stroke; stroke-linejoin: round; }
        svg text.value { fill: var(--ink); font-size: 10.5px; }
        .grid { stroke: var(--hair); } .zero { stroke: var(--axis); } .stage { stroke: var(--axis); stroke-dasharray: 2 3; }
        .error { stroke: var(--ink); stroke-width: 1.2; } .guide { stroke: var(--axis); }
        path { fill: none; stroke-linejoin: round; }
        .line { stroke-width: 2; } .raw { stroke-width: 1; opacity: .32; } .target { stroke-dasharray: 6 4; } .again { stroke-dasharray: 1.5 2.5; }
        .area { opacity: .85; stroke: var(--sheet); stroke-width: .7; }
        .s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
        .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); } .s6 { stroke: var(--c6); }
        .f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
        .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
        .b0 { color: var(--c0); } .b1 { color: var(--c1); } .b2 { color: var(--c2); } .b3 { color: var(--c3); }
        .b4 { color: var(--c4); } .b5 { color: var(--c5); } .b6 { color: var(--c6); }
        .faint { opacity: .45; }
        .reproduced { color: var(--c2); font-weight: 650; } .reversed { color: var(--c1); font-weight: 650; } .not-reproduced { color: var(--soft); }
        .interval { stroke-width: 2; } .rule { stroke: var(--axis); stroke-dasharray: 4 3; }
        svg text.row { fill: var(--ink); font-size: 11.5px; }
        .section { margin-top: 34px; } .section .plots { margin: 0 0 16px; } .section .uneven { align-items: start; }
        td.seeds { text-align: right; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
        .section table { font-size: 13px; } .section th, .section td { padding: 6px 9px; }
        .readout { position: absolute; pointer-events: none; background: var(--sheet); border: 1px solid var(--axis); border-radius: 6px; padding: 3px 9px;
          font-size: 12.5px; line-height: 1.4; white-space: nowrap; font-variant-numeric: tabular-nums; z-index: 1; }
        .wide { overflow-x: auto; }
        table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 14px; overflow: hidden; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; }
        th, td { padding: 7px 12px; border-bottom: 1px solid var(--hair); vertical-align: top; }
        tr:last-child td { border-bottom: 0; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .results tr.after { background: var(--after); }
        td small { display: block; color: var(--soft); font-size: 12px; }
        .text { font: 12.5px/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        details { margin-top: 26px; padding: 10px 14px; }
        summary { cursor: pointer; font-weight: 650; }
        pre { overflow-x: auto; font-size: 12.5px; margin: 10px 0 4px; }
        @media (max-width: 720px) {
          main { padding: 18px 12px 40px; }
          svg.plot { font-size: 13.5px; } svg text.value { font-size: 11px; }
          .results { min-width: 560px; }
          .rollouts thead { display: none; }
          .rollouts tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--hair); }
          .rollouts td { display: block; border: 0; padding: 2px 12px; text-align: left; }
          .rollouts td::before { content: attr(data-label); display: block; color: var(--soft); font: 11.5px system-ui, sans-serif; }
        }
        @media print {
          :root {
            --page: #fff; --sheet: #fff; --ink: #000; --soft: #444; --hair: #ddd; --axis: #999; --note: #fff; --after: #fff;
            --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b8578f; --c4: #b88700; --c5: #3f9fd8; --c6: #6b7280;
          }
          main { max-width: none; padding: 0; }
          .plots { grid-template-columns: 1fr 1fr; }
          figure, .card, tr { break-inside: avoid; }
          * { print-color-adjust: exact; }
        }
        """;
}
