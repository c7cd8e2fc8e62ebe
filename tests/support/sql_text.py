"""SQL without its comments: two texts that run the same statements are equal."""

import re


def without_comments(sql: str) -> str:
    """Return *sql* without its comments and empty lines."""
    bare = re.sub(r"[ \t]*--[^\n]*", "", sql)
    return "\n".join(line for line in bare.splitlines() if line.strip())
