"""The GraphQL interface, judged by graphql-core and used by gql: python graphql_clients.py ADDRESS TOKEN THREAD"""
import json
import sys
import urllib.request

from gql import Client, gql
from graphql import (
    GraphQLEnumType, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType, build_client_schema, build_schema,
    get_introspection_query, get_named_type, print_schema, validate_schema)
from graphql.utilities import lexicographic_sort_schema

try:
    from gql.transport.requests import RequestsHTTPTransport as Transport
except ImportError:
    from gql.transport.httpx import HTTPXTransport as Transport

ADDRESS, TOKEN, THREAD = sys.argv[1:]
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
# A task, for what a list may be empty of.
request = urllib.request.Request(
    ADDRESS + "/api/v1/tasks", data=json.dumps({"text": "Write the page"}).encode(), headers=HEADERS)
TASK = json.load(urllib.request.urlopen(request))
ARGUMENTS = {
    "Query.thread": f'(id: "{THREAD}")', "Query.feature": f'(thread: "{THREAD}")',
    "Query.task": f'(repository: "{TASK["repository"]}", id: "{TASK["id"]}")',
}


def post(query):
    request = urllib.request.Request(
        ADDRESS + "/api/v1/graphql", data=json.dumps({"query": query}).encode(), headers=HEADERS)
    return json.load(urllib.request.urlopen(request))


def selection(kind, path, depth):
    """A selection of all fields of a type, as deep as it is allowed to be."""
    parts = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        called = ARGUMENTS.get(f"{kind.name}.{name}", "")
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()) and not called:
            continue
        if "first" in field.args and not called:
            called = "(first: 2)"
        if isinstance(inner, (GraphQLScalarType, GraphQLEnumType)):
            parts.append(name + called)
        elif isinstance(inner, GraphQLObjectType) and depth > 0 and inner.name not in path:
            parts.append(f"{name}{called} {selection(inner, path + [inner.name], depth - 1)}")
        else:
            continue
        SEEN.add(f"{kind.name}.{name}")
    return "{ " + " ".join(parts or ["__typename"]) + " }"


SEEN = set()
described = build_client_schema(post(get_introspection_query(input_value_deprecation=True))["data"])
assert validate_schema(described) == []
request = urllib.request.Request(ADDRESS + "/api/v1/graphql/schema", headers=HEADERS)
written = build_schema(urllib.request.urlopen(request).read().decode())
assert print_schema(lexicographic_sort_schema(described)) == print_schema(lexicographic_sort_schema(written))

answer = post(selection(described.query_type, [], 6))
assert "errors" not in answer, answer["errors"]
fields = {f"{kind.name}.{name}" for kind in described.type_map.values() if isinstance(kind, GraphQLObjectType)
          and not kind.name.startswith("__") for name in kind.fields}
# A thread is not selected within itself.
around = post("{ threads(first: 1) { nodes { messages(last: 1) { nodes { operation { id thread { id } } } } } } }")
work = around["data"]["threads"]["nodes"][0]["messages"]["nodes"][0]["operation"]
assert work["thread"]["id"] == THREAD, work
assert post(f'{{ operation(id: "{work["id"]}") {{ state }} }}')["data"]["operation"]["state"] == "complete"
left = fields - SEEN - {"Query.operation", "Operation.thread"}
assert not left, f"not reached: {sorted(left)}"

client = Client(
    transport=Transport(url=ADDRESS + "/api/v1/graphql", headers={"Authorization": f"Bearer {TOKEN}"}),
    fetch_schema_from_transport=True)
found = client.execute(gql(f'{{ thread(id: "{THREAD}") {{ title messages(last: 1) {{ nodes {{ text }} }} }} viewer {{ role }} }}'))
assert found["thread"]["title"] == "Hello" and found["viewer"]["role"] == "owner", found
print(f"graphql: {len(fields)} fields of {len(described.type_map)} types")
