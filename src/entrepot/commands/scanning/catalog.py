"""What the scanner knows, as text for people: its rules and its formats."""

from collections.abc import Iterable

from entrepot.commands import Wrong


def explained(rule_id: str) -> str:
    """A rule's page. Raises `Wrong` for a rule that isn't there."""
    from entrepot.scan.rules import rule

    try:
        known = rule(rule_id)
    except KeyError:
        raise Wrong(f"there is no rule {rule_id!r}; entrepot scan --list-rules names all") from None
    lines = [
        f"{known.id}: {known.title}",
        "",
        f"severity    {known.severity} (confidence {known.confidence})",
        f"risk        {known.category}",
        f"default     {'on' if known.on else f'off; switch it on with --with {known.id}'}",
        "",
        f"Why it matters   {known.consequence}",
        f"What to do       {known.remediation}",
        "",
        f"Found            {known.dangerous}",
        f"Left alone       {known.harmless}",
    ]
    if known.see:
        lines += ["", f"See              {', '.join(known.see)}"]
    return "\n".join(lines) + "\n"


def rules() -> str:
    """All rules by family, one a line."""
    from entrepot.scan.rules import families, family

    return "".join(
        f"{rule.id:44} {rule.severity:9} {'' if rule.on else '(off) '}{rule.title}\n"
        for name in families()
        for rule in family(name).values()
    )


def formats() -> str:
    """All formats, one a line."""
    from entrepot.scan.choice import formats as known

    return "".join(
        f"{form.name:18} {form.runs_code:7} {form.title}{f': {form.through}' if form.through else ''}\n"
        for form in known().values()
    )


def check_families(named: Iterable[str]) -> None:
    """Raises `Wrong` where a family or rule that was to be switched on isn't there."""
    from entrepot.scan.rules import families, rule

    for name in named:
        if name in families():
            continue
        try:
            rule(name)
        except KeyError:
            raise Wrong(f"there is no rule or family {name!r}; entrepot scan --list-rules names all") from None
