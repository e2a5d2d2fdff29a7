"""Stand in for a package that spends three seconds of every import of nbformat on compiling a grammar.

jsonschema takes it for optional: it then leaves the format "iri" unchecked, which no notebook uses.
"""

raise ImportError("left out on purpose: see tools/startup/rfc3987_syntax.py")
