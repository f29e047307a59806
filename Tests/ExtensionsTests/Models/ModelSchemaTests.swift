import JSON
import Testing

@testable import Extensions

@Suite(.timeLimit(.minutes(1))) struct ModelSchemaTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let raw: String
        let schema: String
        var notes: [String] = []

        init(_ name: String, _ raw: String, _ schema: String, notes: [String] = []) {
            self.testDescription = name
            self.raw = raw
            self.schema = schema
            self.notes = notes
        }
    }

    static let cases = [
        Case(
            "an ordinary schema stays, without titles",
            #"""
            {"$schema": "http://json-schema.org/draft-07/schema#", "title": "A", "type": "object", "required": ["a"],
             "properties": {"a": {"type": "string", "title": "A", "description": "Words.", "enum": ["x", "y"]},
             "b": {"type": "array", "items": {"type": "integer"}}}, "additionalProperties": false}
            """#,
            #"""
            {"type": "object", "properties": {"a": {"type": "string", "description": "Words.", "enum": ["x", "y"]},
             "b": {"type": "array", "items": {"type": "integer"}}}, "required": ["a"], "additionalProperties": false}
            """#),
        Case(
            "null becomes an empty object", "null", #"{"type": "object", "properties": {}}"#,
            notes: ["The server does not describe the arguments."]),
        Case("no properties", #"{"type": "object"}"#, #"{"type": "object", "properties": {}}"#),
        Case(
            "properties as PHP writes them", #"{"type": "object", "properties": []}"#,
            #"{"type": "object", "properties": {}}"#),
        Case("another type at the root", #"{"type": "string"}"#, #"{"type": "object", "properties": {}}"#),
        Case(
            "required without a property", #"{"properties": {"a": {}}, "required": ["b", "a", 1]}"#,
            #"{"type": "object", "properties": {"a": {}}, "required": ["a"]}"#),
        Case(
            "bounds, default and format as words",
            #"""
            {"type": "object", "properties": {"n": {"type": "integer", "description": "How many.", "default": 10,
             "minimum": 1, "maximum": 50}, "d": {"type": "string", "format": "date", "pattern": "^2"}}}
            """#,
            #"""
            {"type": "object", "properties": {"n": {"type": "integer",
             "description": "How many. (default: 10; at least 1; at most 50)"},
             "d": {"type": "string", "description": "(format: date; pattern: ^2)"}}}
            """#),
        Case(
            "an array without items, and items as a list",
            #"""
            {"type": "object", "properties": {"a": {"type": "array"}, "b": {"type": ["array", "null"]},
             "c": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}, "d": {"items": true},
             "e": {"prefixItems": [{"type": "string"}]}}}
            """#,
            #"""
            {"type": "object", "properties": {"a": {"type": "array", "items": {}},
             "b": {"type": ["array", "null"], "items": {}},
             "c": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}},
             "d": {"type": "array", "items": {}}, "e": {"type": "array", "items": {"type": "string"}}}}
            """#),
        // notion-mcp-server#340: alternatives at the root, references, and formats.
        Case(
            "Notion's",
            #"""
            {"type": "object", "$defs": {"parent": {"anyOf": [{"type": "object", "properties":
             {"page_id": {"type": "string", "format": "uuid"}}, "required": ["page_id"]}, {"type": "null"}]}},
             "properties": {"parent": {"$ref": "#/$defs/parent", "description": "Where."}},
             "oneOf": [{"required": ["parent"]}, {"properties": {"icon": {"type": "string"}}, "required": ["icon"]}]}
            """#,
            #"""
            {"type": "object", "properties": {"parent": {"description": "Where.", "anyOf": [{"type": "object",
             "properties": {"page_id": {"type": "string", "description": "(format: uuid)"}}, "required": ["page_id"]},
             {"type": "null"}]}, "icon": {"type": "string"}}}
            """#, notes: ["Needs the arguments (parent) or (icon)."]),
        Case(
            "rules at the root become words",
            #"{"properties": {"a": {}}, "not": {"required": ["a"]}, "if": {}, "then": {}, "minProperties": 1}"#,
            #"{"type": "object", "properties": {"a": {}}}"#,
            notes: ["More rules apply (not, if, then).", "The arguments: (members: at least 1)."]),
        Case(
            "allOf is merged, as old models of Pydantic write one",
            #"""
            {"properties": {"a": {"allOf": [{"$ref": "#/definitions/E"}], "default": "x"}},
             "definitions": {"E": {"enum": ["x", "y"], "type": "string", "title": "E"}},
             "allOf": [{"properties": {"b": {"type": "boolean"}}, "required": ["b"]}]}
            """#,
            #"""
            {"type": "object", "properties": {"a": {"type": "string", "description": "(default: x)",
             "enum": ["x", "y"]}, "b": {"type": "boolean"}}, "required": ["b"]}
            """#),
        Case(
            "a cycle ends as its type",
            #"""
            {"$ref": "#/$defs/Node", "$defs": {"Node": {"type": "object", "properties":
             {"next": {"$ref": "#/$defs/Node"}, "list": {"type": "array", "items": {"$ref": "#/$defs/List"}}}},
             "List": {"type": "array", "items": {"$ref": "#/$defs/List"}}}}
            """#,
            #"""
            {"type": "object", "properties": {"next": {"type": "object"}, "list": {"type": "array", "items":
             {"type": "array", "items": {"type": "array", "items": {}}}}}}
            """#),
        Case(
            "what is elsewhere is never fetched",
            ##"{"properties": {"a": {"$ref": "https://example.org/a.json"}, "b": {"$ref": "#/$defs/no"}}}"##,
            #"""
            {"type": "object", "properties": {"a": {"description": "Described elsewhere."},
             "b": {"description": "Described elsewhere."}}}
            """#),
        Case(
            "a reference with escapes, and to a property",
            #"""
            {"properties": {"a": {"$ref": "#/$defs/x~1y~0"}, "b": {"$ref": "#/properties/a"},
             "c": {"$ref": "#/$defs/l/anyOf/1"}}, "$defs": {"x/y~": {"type": "number"},
             "l": {"anyOf": [{}, {"type": "null"}]}}}
            """#,
            #"""
            {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}, "c": {"type": "null"}}}
            """#),
        Case(
            "true, false, const, and a type that nobody knows",
            #"""
            {"properties": {"a": true, "b": false, "c": {"const": "x"}, "d": {"type": "date"}, "e": {"type": ["string"]},
             "f": {"enum": [{"x": 1}]}, "g": {"enum": ["x", "x"]}, "h": {"anyOf": []}}}
            """#,
            #"""
            {"type": "object", "properties": {"a": {}, "c": {"type": "string", "enum": ["x"]},
             "d": {"description": "(type: date)"}, "e": {"type": "string"},
             "f": {"description": "(one of: [{\"x\":1}])"}, "g": {"type": "string", "enum": ["x"]}, "h": {}}}
            """#),
        Case(
            "an optional argument whose name Anthropic refuses",
            #"{"properties": {"$filter": {"type": "string"}, "a": {"properties": {"$b": {}}}}}"#,
            #"{"type": "object", "properties": {"a": {"type": "object", "properties": {"$b": {}}}}}"#),
        Case(
            "hidden characters are shown",
            #"{"properties": {"a": {"description": "x\u202ey\u200b"}}}"#,
            #"{"type": "object", "properties": {"a": {"description": "x⟨U+202E⟩y⟨U+200B⟩"}}}"#),
    ]

    @Test(arguments: Self.cases)
    func aSchemaBecomesOneThatProvidersTake(_ item: Case) throws {
        let result = try ModelSchema.normalised(JSON.parse(item.raw))
        #expect(result.schema.text == (try JSON.parse(item.schema)).text)
        #expect(result.notes == item.notes)
        // What is mended needs no further mending, but for words.
        #expect(try ModelSchema.normalised(result.schema).schema == result.schema)
    }

    @Test(arguments: [
        // vscode-unify-chat-provider#162: keywords among the properties.
        (#"{"properties": {"type": "object", "properties": {}}}"#, "its schema has no schema for type"),
        (#"{"properties": {"a": {"items": [{"properties": {"b": 1}}]}}}"#, "its schema has no schema for b"),
        (#"{"properties": ["a"]}"#, "its schema has properties that are not an object"),
        (
            #"{"properties": {"$top": {}}, "required": ["$top"]}"#,
            "its required argument $top has a name that models cannot use"
        ),
    ])
    func whatCannotBeMendedIsLeftOut(raw: String, reason: String) {
        #expect(throws: ModelSchema.Unusable(reason: reason)) { try ModelSchema.normalised(JSON.parse(raw)) }
    }

    // MARK: Weapons

    private static func reason(_ schema: JSON) -> String? {
        do throws(ModelSchema.Unusable) {
            _ = try ModelSchema.normalised(schema)
            return nil
        } catch { return error.reason }
    }

    private static func nested(_ depth: Int) -> JSON {
        (0..<depth).reduce(["type": "string"]) { inner, _ in ["type": "object", "properties": ["a": inner]] }
    }

    @Test func depthSizeAndPartsHaveLimits() {
        #expect(Self.reason(Self.nested(16)) == nil)
        #expect(Self.reason(Self.nested(17)) == "its schema is nested deeper than 16 levels")
        let many = JSONObject(members: (0..<501).map { ("a\($0)", ["type": "string"]) })
        #expect(Self.reason(["properties": .object(many)]) == "its schema has more than 500 parts")
        let long = JSON.string(String(repeating: "a", count: 64 << 10))
        #expect(Self.reason(["properties": ["a": ["description": long]]]) == "its schema is larger than 64 KiB")
    }

    /// Each definition names the next one several times, in different ways: written out they would be billions.
    @Test(arguments: ["properties", "allOf", "anyOf", "items"])
    func definitionsThatMultiplyEnd(keyword: String) {
        var definitions = JSONObject()
        for level in 0..<12 {
            let next: JSON = ["$ref": "#/$defs/d\(level + 1)"]
            let list = JSON.array(Array(repeating: next, count: 20))
            let members = JSONObject(members: (0..<20).map { ("p\($0)", next) })
            definitions["d\(level)"] = [keyword: keyword == "properties" ? .object(members) : list]
        }
        let root: JSON = ["properties": ["a": ["$ref": "#/$defs/d0"]], "$defs": .object(definitions)]
        #expect(Self.reason(root) != nil)
    }

    /// A long list that gives a short result, named by every argument.
    @Test(arguments: ["enum", "required", "default", "items", "examples"])
    func aPartThatIsNamedAgainAndAgainIsNotReadEachTime(keyword: String) {
        let long = JSON.array(Array(repeating: 1, count: 15_000))
        let members = JSONObject(members: (0..<499).map { ("p\($0)", ["$ref": "#/$defs/d"]) })
        let schema: JSON = ["properties": .object(members), "$defs": ["d": [keyword: long, "properties": [:]]]]
        let reason = Self.reason(schema)
        #expect(keyword == "items" ? reason == nil : reason == "its schema repeats too much of itself")
    }

    @Test func anySchemaEitherFitsOrIsLeftOut() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let schema = Self.anything(5, &random)
            guard let result = try? ModelSchema.normalised(schema) else { continue }
            #expect(result.schema["type"] == "object", "\(schema)")
            #expect(result.schema["properties"]?.objectValue != nil, "\(schema)")
            #expect(Self.isClean(result.schema, isRoot: true), "\(schema)")
        }
    }

    private static let words = [
        "type", "properties", "required", "items", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "enum", "const",
        "default", "additionalProperties", "description", "a",
    ]

    private static func anything(_ depth: Int, _ random: inout SystemRandomNumberGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return ["object", "array", "string", "nonsense"].randomElement(using: &random) ?? .null
        case 3: return ["#", "#/$defs/a", "#/properties/a", "#/anyOf/0", "x:y"].randomElement(using: &random) ?? .null
        case 4: return 1
        case 5: return .array((0..<3).map { _ in self.anything(depth - 1, &random) })
        default:
            let count = Int.random(in: 0...5, using: &random)
            return .object(
                JSONObject(
                    members: (0..<count).map { _ in
                        (self.words.randomElement(using: &random) ?? "", self.anything(depth - 1, &random))
                    }))
        }
    }

    /// Only known keywords, in their places.
    private static func isClean(_ schema: JSON, isRoot: Bool = false) -> Bool {
        guard let members = schema.objectValue else { return false }
        return members.allSatisfy { key, value in
            switch key {
            case "type": value.stringValue != nil || value.arrayValue?.isEmpty == false
            case "description": value.stringValue != nil
            case "enum": value.arrayValue?.isEmpty == false
            case "properties": value.objectValue?.allSatisfy { self.isClean($0.value) } ?? false
            case "required":
                value.arrayValue?.allSatisfy { schema["properties"]?[$0.stringValue ?? ""] != nil } ?? false
            case "items": self.isClean(value)
            case "anyOf": !isRoot && value.arrayValue?.allSatisfy { self.isClean($0) } ?? false
            case "additionalProperties": value.boolValue != nil || self.isClean(value)
            default: false
            }
        }
    }
}
