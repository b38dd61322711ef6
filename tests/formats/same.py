# SPDX-License-Identifier: BSD-2-Clause
"""same.py - do the forms of one scan say the same, and as docs/domain.schema.json says?"""
import json

import jsonschema
from avro.datafile import DataFileReader
from avro.io import DatumReader

LONG_MAX = 2**63 - 1  # of Avro; larger numbers are null there


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def avro(path):
    """(records, schema, codec)"""
    with open(path, "rb") as file, DataFileReader(file, DatumReader()) as reader:
        return list(reader), json.loads(reader.schema), reader.codec


def bare(value, keep_null=False):
    """@value without what is null, and what Avro cannot say: absent is null there."""
    if isinstance(value, dict):
        return {key: bare(inner, key == "labels") for key, inner in value.items() if inner is not None or keep_null}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -LONG_MAX <= value <= LONG_MAX:
        return None
    return value


def difference(a, b, path=""):
    """Where @a and @b part first, or None."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(key for key in b if key not in a)]:
            found = difference(a.get(key), b.get(key), path + "." + key)
            if found:
                return found
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next(filter(None, (difference(x, y, "%s[%d]" % (path, i)) for i, (x, y) in enumerate(zip(a, b)))), None)
    return None if a == b else "%s: %r, not %r" % (path, a, b)


def closed(schema):
    """@schema, and no members but its own: what a reader may not rely on, we must."""
    if isinstance(schema, dict):
        closer = {"additionalProperties": False} if "properties" in schema and "type" in schema else {}
        return {**{key: closed(inner) for key, inner in schema.items()}, **closer}
    return [closed(inner) for inner in schema] if isinstance(schema, list) else schema


def validator(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(closed(schema))


def complaints(check, records, at_most=10):
    found = []
    for record in records:
        for error in check.iter_errors(record):
            found.append("%.60r: %s: %.200s" % (record.get("name"), ".".join(map(str, error.absolute_path)), error.message))
            if len(found) == at_most:
                return found
    return found
