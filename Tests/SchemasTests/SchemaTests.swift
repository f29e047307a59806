import JSON
import Primitives
import Testing

@testable import Schemas

@Suite("Schemas of types")
struct SchemaTests {
    private enum Color: String, WordChoice { case red, green }

    private struct Inner: Fact, Equatable {
        let name: String
        let size: Int?
    }

    private struct Page<Item: FieldValue>: Fact {
        let items: [Item]
        let nextCursor: String?
    }

    private struct Outer: Fact {
        let ownerID: String
        let color: Color?
        let isCut: Bool
        let share: Double
        let at: Timestamp
        let inner: Inner?
        let all: [Inner]
        let byName: [String: Inner]
        let open: JSON

        static let notes: Notes<Self> = [
            \.ownerID: MemberNote("Who has it.", maxLength: 5), \.share: MemberNote(minimum: 0),
        ]
    }

    private struct Edit: ChangeDocument {
        let title: Change<String>
        let isPinned: Bool?
    }

    @Test("names of members")
    func names() {
        #expect(MemberName.json("threadID") == "thread_id")
        #expect(MemberName.json("createdAt") == "created_at")
        #expect(MemberName.json("text") == "text")
        #expect(MemberName.json("URLPath") == "urlpath")
        #expect(MemberName.camel("first_token_p50") == "firstTokenP50")
    }

    @Test("objects, lists, maps, choices and what may be missing are read off a type")
    func output() {
        var table = SchemaTable()
        let schema = table.schema(of: Page<Outer>.self, .output)
        #expect(schema.kind == .object("OuterPage"))
        #expect(table.names == ["OuterPage", "Outer", "Inner"])
        let outer = SchemaTable.json(table.objects["Outer"] ?? ObjectSchema(members: []))
        let members = outer["properties"]
        #expect(members?["owner_id"] == ["type": "string", "description": "Who has it.", "maxLength": 5])
        #expect(members?["color"] == ["type": ["string", "null"], "enum": ["red", "green", .null]])
        #expect(members?["at"] == ["type": "string", "format": "date-time"])
        #expect(members?["inner"] == ["anyOf": [["$ref": "#/components/schemas/Inner"], ["type": "null"]]])
        #expect(members?["all"] == ["type": "array", "items": ["$ref": "#/components/schemas/Inner"]])
        #expect(
            members?["by_name"] == [
                "type": "object", "additionalProperties": ["$ref": "#/components/schemas/Inner"],
            ])
        #expect(members?["open"] == [:])
        #expect(outer["required"]?.arrayValue?.count == 9)
        #expect(table.typeScript.contains("  color: \"red\" | \"green\" | null;\n"))
        #expect(table.typeScript.contains("  /** Who has it. */\n  owner_id: string;\n"))
        #expect(table.typeScript.contains("  by_name: Record<string, Inner>;\n"))
    }

    @Test("a value is written with all its members, and read again")
    func coding() throws {
        let inner = Inner(name: "a", size: nil)
        let outer = Outer(
            ownerID: "o", color: .red, isCut: true, share: 0.5, at: Timestamp(milliseconds: 1_000), inner: nil,
            all: [inner], byName: ["x": Inner(name: "b", size: 3)], open: ["any": [1]])
        let json = try JSON(encoding: outer)
        #expect(
            json == [
                "owner_id": "o", "color": "red", "is_cut": true, "share": 0.5, "at": "1970-01-01T00:00:01.000Z",
                "inner": .null, "all": [["name": "a", "size": .null]],
                "by_name": ["x": ["name": "b", "size": 3]], "open": ["any": [1]],
            ])
        let read = try Outer(decoding: json)
        #expect(read.color == .red && read.all == [inner] && read.open["any"]?[0] == 1)
        #expect(try JSON(encoding: read) == json)
    }

    @Test("a map is written in the order of its names")
    func order() throws {
        let map = Dictionary(uniqueKeysWithValues: "hgfedcba".map { (String($0), Int64(1)) })
        #expect(try JSON(encoding: map).objectValue?.map(\.key).joined() == "abcdefgh")
    }

    @Test("fields of a merged value are those of the object, where the property is")
    func merged() throws {
        struct Named: Fact {
            let isFirst: Bool
            @Merged var inner: Inner
            let last: Int64

            static let notes: Notes<Self> = [\.last: "The end."]
        }
        let named = Named(isFirst: true, inner: Inner(name: "a", size: 2), last: 3)
        #expect(try JSON(encoding: named) == ["is_first": true, "name": "a", "size": 2, "last": 3])
        #expect(try Named(decoding: JSON(encoding: named)).inner == named.inner)
        var table = SchemaTable()
        _ = table.schema(of: Named.self, .output)
        #expect(table.names == ["Named"])
        #expect(table.objects["Named"]?.members.map(\.name) == ["is_first", "name", "size", "last"])
        #expect(table.objects["Named"]?["last"]?.schema.note.text == "The end.")
    }

    @Test("what does not fit is not read, and nothing stays of the fields before it")
    func unfit() throws {
        final class Life: Sendable {}
        struct Living: PlainValue {
            static let life = Protected<[WeakLife]>([])
            let life = Life()
            static var schema: Schema { Schema(.any) }
            func write(to json: inout JSONWriter) { json.write(.null) }
            static func read(_ json: JSON) -> Self? {
                let read = Self()
                self.life.withLock { $0.append(WeakLife(life: read.life)) }
                return read
            }
        }
        struct WeakLife: Sendable { weak var life: Life? }
        struct Owner: Fact {
            let pet: Living
            let pets: [Living]
            let inner: Inner
        }
        let pets: JSON = ["pet": 1, "pets": [1, 2], "inner": ["name": "a"]]
        #expect(try Owner(decoding: pets).inner == Inner(name: "a", size: nil))
        for wrong in [["name": 1], ["size": 1], ["name": "a", "size": "x"], 7] as [JSON] {
            #expect(throws: SchemaMistake.self) { try Owner(decoding: ["pet": 1, "pets": [1, 2], "inner": wrong]) }
        }
        #expect(Living.life.withLock { $0.count } == 15)
        #expect(Living.life.withLock { $0.allSatisfy { $0.life == nil } })
    }

    @Test("changes tell what is left out from what is null")
    func changes() throws {
        var table = SchemaTable()
        _ = table.schema(of: Edit.self, .input)
        #expect(table.objects["Edit"]?.members.map(\.isRequired) == [false, false])
        let kept = try Edit(decoding: ["is_pinned": true])
        guard case .keep = kept.title, kept.isPinned == true, case .remove = try Edit(decoding: ["title": .null]).title,
            case .set("x") = try Edit(decoding: ["title": "x"]).title
        else { return #expect(Bool(false)) }
        #expect(try JSON(encoding: kept) == ["is_pinned": true])
        #expect(try JSON(encoding: Edit(title: .remove, isPinned: nil)) == ["title": .null, "is_pinned": .null])
        #expect(table.mistake(in: [:], of: "Edit")?.text == "The body needs a member `title` or `is_pinned`.")
    }

    @Test(
        "mistakes are named with what to do",
        arguments: [
            (["nme": "a"], SchemaMistake.Kind.shape, "There is no member `nme` here. Did you mean `name`?"),
            (["zzzzzz": 1], .shape, "There is no member `zzzzzz` here. It knows `name`, `size`."),
            (["size": 1], .shape, "The body needs a member `name`."),
            (["name": 1], .value, "`name` must be a text."),
            (["name": "a", "size": "b"], .value, "`size` must be a whole number, or null."),
            (["name": "a", "size": 1.5], .value, "`size` must be a whole number, or null."),
        ] as [(JSONObject, SchemaMistake.Kind, String)])
    func mistakes(object: JSONObject, kind: SchemaMistake.Kind, text: String) {
        var table = SchemaTable()
        _ = table.schema(of: Inner.self, .input)
        #expect(table.mistake(in: object, of: "Inner") == SchemaMistake(kind: kind, text: text))
    }

    @Test("parameters of a query become what their types say")
    func query() {
        struct Query: Fact {
            let limit: Int?
            let mine: Bool?
            let word: String?
        }
        var table = SchemaTable()
        _ = table.schema(of: Query.self, .input)
        let object = table.object(
            of: [("limit", "5"), ("mine", "true"), ("word", "7"), ("limit", "9")].map { (name: $0.0, value: $0.1) },
            as: "Query")
        #expect(object == ["limit": 5, "mine": true, "word": "7"])
        let wrong = table.object(of: [(name: "mine", value: "yes")], as: "Query")
        #expect(table.mistake(in: wrong, of: "Query", noun: "parameter")?.text == "`mine` must be true or false.")
    }
}
