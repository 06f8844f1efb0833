// The style sheet: light and dark, narrow and wide. It loads nothing.

extension Markup {
  /// The style element of a report.
  package static let styleSheet = style(
    """
    :root{color-scheme:light dark;--page:#fcfcfb;--card:#ffffff;--ink:#1c1f23;--soft:#5b626b;--line:#dfe1e4;
    --link:#0b57b0;--s1:#1f6fc4;--s2:#c4561b;--s3:#26864a;--s4:#8a4fbe;--s5:#a8871a;--s6:#b03a63;--s7:#168a8f;
    --s8:#6b6f76;--right:22,122,66;--wrong:200,60,30;
    --shade:rgba(30,35,40,.35)}
    @media (prefers-color-scheme:dark){:root{--page:#141619;--card:#1c1f23;--ink:#e6e8ea;--soft:#a0a7b0;
    --line:#353a41;--link:#7db4f5;--s1:#6aa9ee;--s2:#ee9257;--s3:#62c286;--s4:#bd92e6;--s5:#d5b850;--s6:#e57f9f;
    --s7:#54c1c5;--s8:#a4a9b0;--right:64,176,110;--wrong:238,104,66;
    --shade:rgba(0,0,0,.8)}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
    "DejaVu Sans",sans-serif}
    main{max-width:64rem;margin:0 auto;padding:1.25rem 1rem 4rem}
    h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}
    h2{font-size:1.25rem;margin:0 0 .6rem}
    h3{font-size:1rem;margin:1.4rem 0 .4rem}
    p{margin:.4rem 0 .8rem;max-width:46rem}
    .note{color:var(--soft);font-size:.9rem}
    section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:1rem 0}
    nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:.8rem 0;font-size:.95rem}
    a{color:var(--link)}
    .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.2rem,1fr));gap:.8rem 1rem;margin:0 0 1rem}
    .facts div{min-width:0}
    dt{color:var(--soft);font-size:.85rem}
    dd{margin:0;font-size:1.05rem;overflow-wrap:anywhere}
    .digest{font:.78rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace;white-space:nowrap}
    .warning{padding:.5rem .75rem;border-radius:.4rem;background:rgba(var(--wrong),.12);max-width:none}
    .big{font-size:1.9rem;line-height:1.2;font-weight:650}
    .scroll{overflow-x:auto;max-width:100%;scrollbar-width:thin;scrollbar-color:var(--soft) transparent;
    background:linear-gradient(to right,var(--card) 30%,transparent) left/2.5rem 100% no-repeat local,
    linear-gradient(to left,var(--card) 30%,transparent) right/2.5rem 100% no-repeat local,
    linear-gradient(to right,var(--shade),transparent) left/1rem 100% no-repeat scroll,
    linear-gradient(to left,var(--shade),transparent) right/1rem 100% no-repeat scroll}
    .scroll::-webkit-scrollbar{height:.5rem}
    .scroll::-webkit-scrollbar-thumb{background:var(--soft);border-radius:.25rem}
    table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
    th,td{padding:.28rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
    th{font-weight:600;color:var(--soft)}
    thead th{white-space:normal;vertical-align:bottom;max-width:9rem}
    td.long,th.long{text-align:left;white-space:normal;min-width:16rem}
    details{margin-top:.8rem}
    .l{text-align:left}
    .name{text-align:left;max-width:20rem;overflow:hidden;text-overflow:ellipsis}
    .matrix td{padding:.3rem .35rem;min-width:2.4rem;border:1px solid var(--card);text-align:center}
    .matrix th{border:0}
    .matrix small{display:block;font-size:.72rem;opacity:.75}
    .matrix .sum{color:var(--soft)}
    .matrix .up{vertical-align:bottom;text-align:center;padding:.3rem .2rem}
    .matrix .up span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block;max-height:9rem;
    overflow:hidden;text-overflow:ellipsis}
    .right{background:rgba(var(--right),var(--a))}
    .wrong{background:rgba(var(--wrong),var(--a))}
    .bar{display:block;height:.7rem;background:var(--s1);border-radius:.2rem}
    .track{width:10rem}
    .progress .track{width:100%;background:var(--line);border-radius:.2rem}
    pre{background:var(--page);border:1px solid var(--line);border-radius:.4rem;padding:.7rem;overflow-x:auto;
    font:.85rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace;margin:.4rem 0;max-height:30rem}
    pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
    summary{cursor:pointer;font-weight:600}
    img{image-rendering:pixelated;max-width:100%;height:auto;display:block;border-radius:2px}
    .strips{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.9rem 1.4rem}
    .mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:1rem}
    .mistakes figcaption{margin:.3rem 0 0}
    .three{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9rem),1fr));gap:.9rem 1.2rem;
    margin:.8rem 0;align-items:end}
    .three figure{max-width:18rem}
    .three img{width:100%}
    .row{display:flex;flex-wrap:wrap;gap:.5rem;align-items:flex-start;margin-bottom:.6rem}
    h4{font-size:.95rem;margin:.2rem 0 .5rem}
    .legend .for{background:#2882ff}
    .legend .against{background:#ff7814}
    figure{margin:0;min-width:0}
    figcaption{font-size:.88rem;margin-bottom:.25rem;overflow-wrap:anywhere}
    svg{display:block;width:100%;height:auto;max-width:40rem;margin:.5rem 0}
    svg text{fill:var(--soft);font-size:11px;font-family:inherit}
    svg .grid{stroke:var(--line);stroke-width:1}
    svg .curve{fill:none;stroke-width:2;stroke-linejoin:round}
    svg .dashed{stroke-dasharray:5 4}
    .legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.88rem;color:var(--soft)}
    .legend i{display:inline-block;width:1rem;height:.25rem;border-radius:.1rem;margin-right:.35rem;
    vertical-align:middle}
    .legend .dashed{height:0;border-top:2px dashed var(--soft)}
    @media (max-width:30rem){main{padding:.6rem .5rem 3rem}section{padding:.75rem}th,td{padding:.25rem .3rem}
    table{font-size:.82rem}.track{width:2.6rem}svg text{font-size:15px}}
    @media print{section{break-inside:avoid}}
    """)
}
