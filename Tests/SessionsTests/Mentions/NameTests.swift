import Chat
import Store
import TestSupport
import Testing

@testable import People
@testable import Threads

@Suite("Names in texts")
struct NameTests {
    @Test(
        "a sign begins a name, but not in code, in an address and in a link",
        arguments: [
            ("@Ada look", ["Ada look"]), ("(@Ada), @Bob", ["Ada), @Bob", "Bob"]),
            ("Hallo, @Ada\nbye @Bob\r\n", ["Ada", "Bob"]),
            ("「@田中さん」と@Ada", ["田中さん」と@Ada", "Ada"]), ("cc:@Ada", ["Ada"]),
            ("ada@example.org", []), ("https://example.org/@ada", []), ("`@Ada`", []), ("\\@Ada", []),
            ("@@Ada", ["@Ada"]),
            ("a @ b", []), ("@", []), ("@\u{0}", []), ("", []), ("no sign", []), ("x=@Ada", []),
            ("```swift\n@Ada\n```\n@Bob", ["Bob"]), ("~~~\n```\n@Ada\n~~~\n@Bob", ["Bob"]), ("```\n@Ada", []),
            ("```@Ada``` and @Bob", ["Bob"]), ("    ```\n@Ada\n```", []),
        ] as [(String, [String])])
    func signs(_ text: String, _ names: [String]) {
        expectEqual(NameSigns(in: text).names, names)
    }

    @Test("what is looked at and kept of a long text is bounded")
    func bounds() {
        let long = NameSigns(
            in: String(repeating: "x ", count: 200) + "@Ada " + String(repeating: "e\u{301}", count: 100_000))
        #expect(long.names.count == 1 && long.names[0].utf8.count <= NameSigns.reach + 2)
        #expect(long.excerpt.hasPrefix("…") && long.excerpt.contains("@Ada") && long.excerpt.hasSuffix("…"))
        #expect(long.excerpt.utf8.count < 400)
        expectEqual(NameSigns(in: String(repeating: "@Ada ", count: 10_000)).names.count, NameSigns.limit)
        expectEqual(NameSigns(in: "a\n  ask @Ada\u{202E} now  \nb").excerpt, "ask @Ada<U+202E> now")
    }

    // MARK: Who is meant

    private static func person(_ identity: String, _ name: String?, _ role: Role = .member) -> Person {
        Person(
            id: Person.id(of: identity), identity: identity, name: name, role: role, way: .signIn, key: nil,
            listedRole: nil, scopes: [], since: nil, lastSeen: nil, expiresAt: nil, isLasting: true)
    }

    private static func sighting(_ id: String, _ name: String, _ other: Identity? = nil) -> Sighting {
        let identities = [Identity(id)] + (other.map { [$0] } ?? [])
        return Sighting(sender: Sender(id: id, identities: identities, displayName: name), direct: nil, at: 1)
    }

    private static let book = NameBook(
        [
            Self.person("web:ada", "Ada"), Self.person("web:lovelace", "Ada Lovelace"), Self.person("web:a", "Alex"),
            Self.person("web:b", "alex"), Self.person("matrix:@tanaka:example.org", "田中"),
            Self.person("slack:T1/U7", "grace.h"), Self.person("irc:local/*!*@team.example", "Linus", .guest),
        ],
        sightings: [
            Self.sighting("slack:T1/U7", "Grace Hopper"),
            Self.sighting("irc:local/linus", "Linus", Identity("irc:local/linus!l@team.example", comparison: .mask)),
            Self.sighting("irc:local/ken", "Ken", Identity("irc:local/ken!k@team.example", comparison: .mask)),
        ], links: [["slack:T1/U7", "web:grace"]], role: { $0.displayName == "Ken" ? .member : .guest })

    @Test(
        "the longest name that ends with a word is meant; one that two people have is nobody's",
        arguments: [
            ("Ada look", "web:ada"), ("ada", "web:ada"), ("Ada Lovelace: look", "web:lovelace"),
            ("Ada Lovelacex", "web:ada"),
            ("Ada's", "web:ada"), ("Ada.", "web:ada"), ("Ada. And", "web:ada"), ("Ada, Bob", "web:ada"),
            ("Ada/@Bob", "web:ada"),
            ("Adam", nil), ("Ada-Marie", nil), ("Ada_x", nil), ("ada.example", nil), ("ada@example.org", nil),
            ("Alex", nil),
            ("田中さん", "matrix:@tanaka:example.org"), ("Grace Hopper", "slack:T1/U7"), ("grace", nil),
            ("U7", "slack:T1/U7"),
            ("web:b x", "web:b"), ("Linus", "irc:local/linus"), ("Ken", "irc:local/ken"), ("", nil), (" Ada", nil),
        ] as [(String, String?)])
    func meant(_ text: String, _ identity: String?) {
        expectEqual(Self.book.person(named: text).map { Self.book.entries(of: $0)[0].identity }, identity)
    }

    @Test("ids and linked identities are of the same person")
    func identities() {
        let grace = Self.book.person(with: "slack:T1/U7")
        expectEqual(Self.book.person(with: "web:grace"), grace)
        expectEqual(Self.book.person(named: Person.id(of: "slack:T1/U7") + " x"), grace)
        expectEqual(Self.book.person(with: "web:nobody"), nil)
    }

    @Test("members are listed by what means them alone, without oneself and without guests")
    func members() {
        let names = Self.book.members(besides: "web:grace")
        expectEqual(names.map(\.shown), ["Ada", "Ada Lovelace", "Alex", "Ken", "alex", "田中"])
        let alex = Person.id(of: "web:a")
        expectEqual(names[2], NameBook.Name(id: alex, shown: "Alex", written: alex))
        expectEqual(names[1].written, "Ada Lovelace")
    }
}
