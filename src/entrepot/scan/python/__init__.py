"""What would Python source do, and when: on import, when a loader calls it, or only if somebody asks?

The text is parsed, never compiled or run.
"""
