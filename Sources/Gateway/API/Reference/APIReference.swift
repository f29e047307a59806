internal import HTTP
internal import JSON

/// docs/api-reference.md, read off the OpenAPI document.
package enum APIReference {
    private static let head = """
        # The API's operations and types

        <!-- Made by `jetbridge openapi --markdown`: do not edit it. -->

        Every operation with an example, which a test calls. `B` is the host's address, and `A` the header with a token; what is
        in capitals is from an earlier answer. [The guide](api.md) says what all have in common, and what their usual refusals
        mean.

        ## Operations

        """

    package static var markdown: String {
        let document = APITable.document(publicURL: "http://127.0.0.1:8787", version: "", isSecure: false)
        let examples = Dictionary(APIExample.all.map { ($0.operation, $0) }, uniquingKeysWith: { first, _ in first })
        let schemas = document["components"]?["schemas"]?.objectValue ?? JSONObject()
        var parts = [Self.head]
        for (path, methods) in document["paths"]?.objectValue ?? JSONObject() {
            for (method, operation) in methods.objectValue ?? JSONObject() {
                let id = operation["operationId"]?.stringValue ?? ""
                parts.append(
                    Self.operation(operation, "\(method.uppercased()) \(path)", schemas)
                        + (examples[id].map { "\n`\($0.command)` → \($0.status)\n" } ?? ""))
            }
        }
        parts.append(
            "## Types\n\nMembers of answers are always there; a missing one of a body is marked as optional.\n")
        for (name, schema) in schemas {
            let rows = Self.members(of: schema).map { [Self.code($0.name), $0.type, $0.text] }
            parts.append("### \(name)\n\n" + Self.table(["member", "type", ""], rows))
        }
        return parts.joined(separator: "\n")
    }

    private static func operation(_ operation: JSON, _ title: String, _ schemas: JSONObject) -> String {
        var text = "### `\(title)`\n\n\(Self.line(operation["summary"]?.stringValue ?? ""))"
        if let details = operation["description"]?.stringValue { text += " \(Self.line(details))" }
        if operation["deprecated"] == true { text += " **Deprecated.**" }
        if let scopes = operation["x-scopes"]?.arrayValue?.compactMap(\.stringValue) {
            let role = operation["x-role"]?.stringValue ?? ""
            text += " Scope \(scopes.map(Self.code).joined(separator: " or ")), role \(Self.code(role)) or higher.\n"
        } else {
            text += " Needs no credential.\n"
        }
        var rows = (operation["parameters"]?.arrayValue ?? []).map { parameter in
            [
                Self.code(parameter["name"]?.stringValue ?? ""), parameter["in"]?.stringValue ?? "",
                Self.type(parameter["schema"] ?? .null)
                    + (parameter["required"] == true || parameter["in"] == "path" ? "" : ", optional"),
                Self.line(parameter["description"]?.stringValue ?? ""),
            ]
        }
        for (type, content) in operation["requestBody"]?["content"]?.objectValue ?? JSONObject() {
            let schema = content["schema"] ?? .null
            guard let name = Self.reference(schema), let body = schemas[name] else {
                rows.append(["the body", "body", Self.code(type), ""])
                continue
            }
            rows += Self.members(of: body).map { [Self.code($0.name), "body", $0.type, $0.text] }
        }
        if !rows.isEmpty { text += "\n" + Self.table(["parameter", "in", "type", ""], rows) }
        return text + "\n" + Self.answers(operation["responses"]?.objectValue ?? JSONObject())
    }

    /// What any operation may answer, as the guide says.
    private static let usual: Set = ["400", "401", "403", "413", "415", "422", "429", "503"]

    private static func answers(_ answers: JSONObject) -> String {
        var lines: [String] = []
        var others: [String] = []
        for (status, answer) in answers {
            if Self.usual.contains(status) {
                others.append(Self.code(status))
                continue
            }
            var line = "- \(Self.code(status))"
            if let (type, content) = answer["content"]?.objectValue?.first.map({ ($0.key, $0.value) }) {
                if let name = content["schema"].flatMap(Self.reference) {
                    if name != "Problem" { line += " \(Self.link(name))" }
                } else {
                    line += " \(Self.code(type))"
                }
            }
            lines.append(line + ": " + Self.line(answer["description"]?.stringValue ?? ""))
        }
        if !others.isEmpty { lines.append("- also \(others.sorted().joined(separator: " "))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func members(of schema: JSON) -> [(name: String, type: String, text: String)] {
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        return (schema["properties"]?.objectValue ?? JSONObject()).map { name, member in
            let type = Self.type(member) + (required.contains(name) ? "" : ", optional")
            let old = member["deprecated"] == true ? "**Deprecated.** " : ""
            return (name, type, old + Self.line(member["description"]?.stringValue ?? ""))
        }
    }

    /// A schema in a few words.
    private static func type(_ schema: JSON) -> String {
        if let name = Self.reference(schema) { return Self.link(name) }
        if let all = schema["allOf"]?[0] { return Self.type(all) }
        if let any = schema["anyOf"]?[0] { return Self.type(any) + " or null" }
        let isNullable = schema["type"]?.arrayValue != nil
        let kind = schema["type"]?.stringValue ?? schema["type"]?[0]?.stringValue ?? "anything"
        var text = kind
        if let words = schema["enum"]?.arrayValue?.compactMap(\.stringValue) {
            text = words.map(Self.code).joined(separator: ", ")
        } else if kind == "array" {
            text = "list of \(Self.type(schema["items"] ?? .null))"
        } else if kind == "object", let values = schema["additionalProperties"] {
            text = "object of \(Self.type(values))"
        } else if schema["format"] == "date-time" {
            text = "time"
        }
        let (least, most) = (schema["minimum"]?.intValue, schema["maximum"]?.intValue)
        if let least, let most {
            text += " from \(least) to \(most)"
        } else if let least {
            text += " of at least \(least)"
        }
        if let length = schema["maxLength"]?.intValue { text += " of at most \(length) characters" }
        if let standard = schema["default"] {
            text += ", \(Self.code(standard.stringValue ?? standard.text)) if left out"
        }
        return isNullable ? text + " or null" : text
    }

    private static func reference(_ schema: JSON) -> String? {
        schema["$ref"]?.stringValue?.split(separator: "/").last.map(String.init)
    }

    private static func link(_ name: String) -> String { "[\(name)](#\(name.lowercased()))" }
    private static func code(_ text: String) -> String { "`\(text)`" }
    private static func line(_ text: String) -> String { text.replacing("\n", with: " ") }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head, head.map { _ in "---" }] + rows.map { $0.map { $0.replacing("|", with: "\\|") } }
        return lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }
}
