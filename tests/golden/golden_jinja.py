"""Templates that reach for Python, each in another disguise."""

from golden.pairs import Golden

_HONEST = (
    "{%- for message in messages %}{%- if message['role'] == 'user' %}"
    "{{ '<|user|>' ~ message.content | trim ~ eos_token }}"
    "{%- elif loop.last and add_generation_prompt %}{% generation %}{{ message['content'].split('</think>')[-1] }}"
    "{% endgeneration %}{%- else %}{{ raise_exception('no role ' + message.role) }}{%- endif %}{%- endfor %}"
)
_INTERNALS = {
    "namespace": "{% set n = namespace() %}{% set n.a = '__cla' %}{% set n.b = 'ss__' %}{{ ''[n.a ~ n.b] }}",
    "set by a block": "{% set a %}__cla{% endset %}{% set b %}ss__{% endset %}{{ ''[a ~ b] }}",
    "names of arguments": "{{ ''[dict(__cla=1, ss__=2)|join] }}",
    "names one by one": "{{ ''[(dict(__cla=1)|list|first) ~ (dict(ss__=1)|list|first)] }}",
    "loop": "{% for a in ['x', '__cla'] %}{{ ''[a ~ 'ss__'] }}{% endfor %}",
    "loop over pairs": "{% for k, v in {'__cla': 'ss__'}|items %}{{ ''[k ~ v] }}{% endfor %}",
    "macro": "{% macro m(a, b='ss__') %}{{ ''[a ~ b] }}{% endmacro %}{{ m('__cla') }}",
    "block of a call": "{% macro m() %}{{ ''|attr(caller()) }}{% endmacro %}{% call m() %}__class__{% endcall %}",
    "filtered block": "{% filter replace('X', '_') %}XXclassXX{% endfilter %}",
    "with": "{% with a='__cla', b='ss__' %}{{ ''[a ~ b] }}{% endwith %}",
    "taken from a message": "{{ ''[messages[0].content] }}",
    "filled up": "{{ ''['class'.center(9, '_')] }}",
    "Python's name": "{{ __import__('os').system('echo hi') }}",
    "plain": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "subscript": "{{ ''['__class__'] }}",
    "attr filter": "{{ ''|attr('__class__') }}",
    "hex": r"{{ ''['\x5f\x5fclass\x5f\x5f'] }}",
    "unicode": r"{{ ''['\u005f_class__'] }}",
    "concatenated": "{{ ''['__cl' ~ 'ass__'] }}",
    "added": "{{ ''['__cl' + 'ass__'] }}",
    "adjacent": "{{ ''['__cl' 'ass__'] }}",
    "formatted": "{{ ''|attr('%sclass%s'|format('__','__')) }}",
    "by characters": "{{ ''|attr('%c%cclass%c%c'|format(95,95,95,95)) }}",
    "modulo": "{{ ''['%s%s' % ('__class', '__')] }}",
    "map": "{{ ['']|map(attribute='__class__')|list }}",
    "map attr": "{{ ['']|map('attr', '__class__')|list }}",
    "reversed": "{{ ''['__ssalc__'|reverse] }}",
    "sliced": "{{ ''['__ssalc__'[::-1]] }}",
    "joined": "{{ ''[['__','class','__']|join] }}",
    "replaced": "{{ ''['--class--'|replace('-','_')] }}",
    "lowered": "{{ ''['__CLASS__'|lower] }}",
    "set": "{% set u = '__' %}{% set n = u ~ 'class' ~ u %}{{ ''[n] }}",
    "self": "{{ self._TemplateReference__context }}",
    "get": "{{ namespace.__init__.__globals__.get('os') }}",
    "lipsum": "{{ lipsum.__globals__['os'].popen('echo hi').read() }}",
    "cycler": "{{ cycler.__init__.__globals__.os }}",
    "format field": "{{ '{0.__class__}'.format(messages) }}",
    "computed attribute": "{{ ''|attr(messages[0].content) }}",
    "in a macro": "{% macro m(x) %}{{ x.__class__ }}{% endmacro %}{{ m('') }}",
    "sort": "{{ messages|sort(attribute='__class__') }}",
    "in a condition": "{% if ''.__class__ %}{% endif %}",
}


def _pair(rule: str, dangerous: str, harmless: str = _HONEST, case: str = "") -> Golden:
    return Golden(f"jinja.{rule}", "chat_template.jinja", dangerous.encode, harmless.encode, case, techniques=("F08",))


GOLDENS = [_pair("internals", template, case=case) for case, template in _INTERNALS.items()] + [
    _pair("attribute-filter", "{{ message|attr('content') }}", "{{ message.content }}"),
    _pair("include", "{% include '/etc/passwd' %}", "{% set text = 'included' %}"),
    _pair("helper", "{{ lipsum() }}", "{% set ns = namespace(found=false) %}"),
    _pair("format", "{{ pattern.format(message) }}", "{{ '{}'.format(message) }}"),
    _pair("bomb", "{% for i in range(999999999) %}{% endfor %}", "{% for i in range(10) %}{% endfor %}"),
    _pair("bomb", "{{ 'a' * 999999999 }}", "{{ '-' * 20 }}", "repetition"),
    _pair(
        "bomb",
        "{% for a in range(9999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9) %}{% for b in range(9) %}{% endfor %}{% endfor %}",
        "loops in loops",
    ),
    _pair("bomb", "{{ '%999999999d' % 1 }}", "{{ '%9d' % 1 }}", "width"),
    _pair("bomb", "{{ 10**10**10 }}", "{{ 2**10 }}", "power"),
    _pair("bomb", "{{ 'a'.center(999999999) }}", "{{ 'a'.center(9) }}", "filled up"),
    _pair(
        "attribute-filter",
        "{{ messages|map(attribute=messages[0].content)|list }}",
        "{% set roles = {'user': '<u>'} %}{% macro m(x) %}{{ roles[x.role] }}{% endmacro %}"
        "{{ m(messages[0]) }}{{ messages|map(attribute='content')|list }}",
        "computed",
    ),
    Golden(
        "jinja.internals",
        "prompt.template",
        "{{ config.__class__ }}".encode,
        "{{ if .System }}<|system|>{{ .System }}{{ end }}".encode,
        "another suffix",
        techniques=("F08",),
    ),
]
