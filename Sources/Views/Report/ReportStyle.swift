// How the report looks: one column of cards on a phone, a grid on a desk, plain on paper, dark where the reader likes
// it so. No script, no font, no picture from elsewhere.
// Invariant: text has a contrast of 4.5 to 1 at least in both colour schemes; colour is never the only sign.

enum ReportStyle {
  static let css = """
    :root{color-scheme:light dark;--paper:#f5f6f4;--card:#fff;--ink:#17211f;--soft:#51605c;--line:#dbe1de;
    --good:#0b6b5d;--good-fill:#3fa796;--wait:#8a4b08;--wait-fill:#dd9a43;--bad:#a32338;--bad-fill:#cf6171;
    --flat:#e8ecea;--code:#eef1ef}
    @media(prefers-color-scheme:dark){:root{--paper:#101615;--card:#18201e;--ink:#e8eeeb;--soft:#a5b3ae;--line:#2d3835;
    --good:#62d0bd;--good-fill:#2f8a7b;--wait:#eeb266;--wait-fill:#b3762b;--bad:#ff97a5;--bad-fill:#b04a5b;
    --flat:#26302d;--code:#222c29}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",
    "DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
    header,main,footer{max-width:1180px;margin:0 auto;padding:0 16px}
    header{padding-top:20px}
    h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 .75rem;text-wrap:balance;max-width:34em}
    h2{font-size:1.125rem;margin:0 0 .25rem}
    h3{font-size:.9375rem;margin:1.25rem 0 .5rem}
    p{margin:.25rem 0 .75rem;max-width:68em}
    .soft,figcaption,.note{color:var(--soft);font-size:.875rem}
    .card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:0 0 16px}
    .why{border-left:6px solid var(--wait-fill)}
    .bar{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;justify-content:space-between}
    .facts{display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 16px;padding:0;list-style:none;color:var(--soft);
    font-size:.875rem}
    .state{display:inline-block;border-radius:99px;padding:2px 12px;font-weight:650;font-size:.875rem;
    border:1.5px solid currentColor}
    .done{color:var(--good)}.held{color:var(--wait)}.failed{color:var(--bad)}
    .pick{position:absolute;opacity:0;pointer-events:none}
    .langs{display:flex;border:1px solid var(--line);border-radius:99px;overflow:hidden;background:var(--card)}
    .langs label{padding:4px 12px;font-size:.875rem;cursor:pointer;color:var(--soft)}
    #l-vi:checked~header [for=l-vi],#l-en:checked~header [for=l-en],#l-both:checked~header [for=l-both]{
    background:var(--ink);color:var(--card)}
    #l-vi:focus-visible~header [for=l-vi],#l-en:focus-visible~header [for=l-en],
    #l-both:focus-visible~header [for=l-both]{outline:3px solid var(--good-fill);outline-offset:-3px}
    #l-vi:checked~* span[lang=en],#l-en:checked~* span[lang=vi],#l-both:checked~* .n[lang=en]{display:none}
    #l-both:checked~* span[lang=en]:not(.n){opacity:.8;font-style:italic}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 16px}
    .tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}
    .tile b{display:block;font-size:1.5rem;line-height:1.3;font-weight:680;white-space:nowrap}
    .tile small{display:block;color:var(--soft);font-size:.8125rem;line-height:1.4}
    .tile .of{font-size:.875rem;color:var(--soft)}
    .two{display:grid;grid-template-columns:minmax(0,1fr);gap:0 16px}
    @media(min-width:980px){.two{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
    .flow{--u:1px;display:grid;grid-template-columns:minmax(0,128px) minmax(64px,1fr) minmax(0,252px);gap:0 10px;margin-top:10px}
    .flow ol{list-style:none;margin:0;padding:0;font-size:.8125rem;line-height:1.25}
    .flow li{display:flex;flex-direction:column;justify-content:center;overflow-wrap:anywhere}
    .flow .from li{text-align:right;justify-content:center}
    .flow li b{font-weight:650}
    .flow svg{width:100%;display:block}
    .linked,.registered,.repeated{fill:var(--good-fill)}.repeated{opacity:.6}
    .waits{fill:var(--wait-fill)}.quarantined{fill:var(--bad-fill)}
    .flow path{opacity:.72}
    .flow .left{fill:var(--soft)}
    .dot{display:inline-block;width:.65em;height:.65em;border-radius:2px;margin-right:.4em;vertical-align:baseline}
    .dot.linked,.dot.registered,.dot.repeated{background:var(--good-fill)}.dot.waits{background:var(--wait-fill)}
    .dot.quarantined{background:var(--bad-fill)}
    .trends{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px 20px;margin-top:10px}
    .trends figure{margin:0}
    .trends svg{width:100%;height:64px;display:block;overflow:visible}
    .trends b{font-size:1.125rem}
    .area{fill:var(--good-fill);opacity:.16}.curve{fill:none;stroke:var(--good);stroke-width:2;stroke-linejoin:round;
    stroke-linecap:round;vector-effect:non-scaling-stroke}
    .tip{fill:none;stroke:var(--good);stroke-width:8;stroke-linecap:round;vector-effect:non-scaling-stroke}
    .base{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
    table{border-collapse:collapse;width:100%;font-size:.875rem}
    th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1px solid var(--line);padding:6px 12px 6px 0;
    vertical-align:bottom}
    td{border-bottom:1px solid var(--line);padding:8px 12px 8px 0;vertical-align:top}
    tr:last-child td{border-bottom:0}
    td:last-child,th:last-child{padding-right:0}
    .r{text-align:right;white-space:nowrap}
    .scroll{overflow-x:auto}
    .meter{display:block;height:8px;border-radius:4px;background:var(--flat);overflow:hidden;min-width:48px;margin-top:6px}
    .meter i{display:block;height:100%;background:var(--wait-fill);min-width:2px;border-radius:4px}
    .meter .ok{background:var(--good-fill)}
    .causes{list-style:none;margin:8px 0 0;padding:0}
    .causes>li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 16px;padding:12px 0;
    border-bottom:1px solid var(--line)}
    .causes>li:last-child{border-bottom:0}
    .causes .what{font-weight:600}.causes .count{text-align:right;white-space:nowrap}
    .causes .do{grid-column:1/-1;font-size:.9375rem}
    .causes .meter{grid-column:1/-1;margin:2px 0 4px;height:6px}
    @media(min-width:980px){.causes.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 40px}
    .causes.pair>li{align-content:start}.causes.pair>li:nth-last-child(2):nth-child(odd){border-bottom:0}}
    .word{font:600 .8125rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace;color:var(--soft);font-weight:400}
    .cmd,pre{font:.8125rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace;background:var(--code);border-radius:6px}
    .cmd{display:inline-block;padding:3px 8px;user-select:all;margin-top:4px;
    max-width:100%;overflow-x:auto;white-space:nowrap;justify-self:start}
    pre{padding:12px;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
    .places{columns:3 300px;column-gap:32px;list-style:none;margin:12px 0 0;padding:0;font-size:.875rem}
    .places li{break-inside:avoid;display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 10px;padding:4px 0}
    .places .meter{grid-column:1/-1;margin:2px 0 4px}
    .places .v{text-align:right;white-space:nowrap}
    details{margin-top:10px}summary{cursor:pointer;color:var(--soft);font-size:.875rem}
    footer{padding:4px 16px 32px;color:var(--soft);font-size:.8125rem}
    @media(max-width:600px){h1{font-size:1.25rem}.card{padding:14px;border-radius:10px}
    .flow{--u:1.3px;grid-template-columns:minmax(0,78px) minmax(44px,1fr) minmax(0,160px);gap:0 6px}
    .flow ol{font-size:.75rem}
    .tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tile{padding:10px 12px}.tile b{font-size:1.25rem}
    .tile:last-child:nth-child(odd){grid-column:1/-1}
    .trends{grid-template-columns:repeat(2,minmax(0,1fr))}}
    @media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#3d4744;--line:#b8c0bd;--good:#0b6b5d;--wait:#8a4b08;
    --bad:#a32338;--flat:#e8ecea;--code:#f1f3f2;--good-fill:#3fa796;--wait-fill:#dd9a43;--bad-fill:#cf6171}
    body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
    .langs{display:none}.cmd{white-space:normal;overflow-wrap:anywhere}.card,.tile,.causes>li,figure{break-inside:avoid}.card{border-radius:0}
    header,main,footer{max-width:none;padding-left:0;padding-right:0}details>*{display:block}}
    """
}
