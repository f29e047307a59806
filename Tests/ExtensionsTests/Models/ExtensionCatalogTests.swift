import JSON
import Testing

@testable import Extensions

@Suite struct ExtensionCatalogTests {
    private static func tools(_ count: Int, words: Int = 10) -> [ExtensionTool] {
        (0..<count).map { number in
            ExtensionTool(
                name: "tool_\(number)", description: "Does \(number). " + String(repeating: "word ", count: words),
                schema: ["type": "object", "properties": ["id": ["type": "string"]], "required": ["id"]])
        }
    }

    private static func list(
        _ server: String, _ tools: [ExtensionTool], _ decisions: [String: String] = [:], hasResources: Bool = false
    ) -> ApprovedExtension {
        ApprovedExtension(
            server: server, tools: tools, names: ExtensionNames.shown(tools.map(\.name), of: server),
            decisions: decisions, hasResources: hasResources)
    }

    private static func catalog(_ lists: ApprovedExtension..., ours: Int = 11) -> ExtensionCatalog {
        ExtensionCatalog(lists, ours: ours) { $0.utf8.count / 4 }
    }

    private static func names(_ catalog: ExtensionCatalog) -> [String] { catalog.offers.map(\.shownName) }

    @Test func toolsAreOfferedInOneOrder() {
        let tools = Self.tools(3)
        let first = Self.catalog(Self.list("b", tools, hasResources: true), Self.list("a", tools))
        let second = Self.catalog(Self.list("a", tools.reversed()), Self.list("b", tools, hasResources: true))
        #expect(first.offers == second.offers)
        #expect(
            Self.names(first) == [
                "a__tool_0", "a__tool_1", "a__tool_2", "b__tool_0", "b__tool_1", "b__tool_2", "b__resources", "b__read",
            ])
        #expect(first.offers[0].rawName == "tool_0")
        #expect(
            first.shares["a"] == .init(callable: 3, listed: 3, isShrunk: false, tokens: first.shares["a"]?.tokens ?? 0))
        #expect(first.shares["a"]?.tokens ?? 0 > 60)
    }

    @Test func deniedToolsAreNotOffered() {
        let catalog = Self.catalog(
            Self.list("a", Self.tools(3), ["tool_1": "allow", "*": "deny"], hasResources: true),
            Self.list("b", Self.tools(2), ["tool_1": "deny", "resources": "allow", "*": "ask"], hasResources: true))
        #expect(Self.names(catalog) == ["a__tool_1", "b__tool_0", "b__resources", "b__read"])
        #expect(catalog.leftOut.isEmpty)
        #expect(catalog.shares["a"]?.listed == 3)
    }

    @Test func aToolThatProvidersWouldRefuseIsLeftOutAndNamed() {
        let bad = ExtensionTool(name: "bad", description: "", schema: ["properties": ["type": "object"]])
        let list = ApprovedExtension(
            server: "a", tools: [bad] + Self.tools(2), names: ["bad": "a__bad", "tool_0": "a__tool_0"])
        let catalog = Self.catalog(list)
        #expect(Self.names(catalog) == ["a__tool_0"])
        #expect(
            catalog.leftOut == [
                .init(server: "a", rawName: "bad", reason: "its schema has no schema for type"),
                .init(server: "a", rawName: "tool_1", reason: "its name is too much like that of another tool"),
            ])
    }

    @Test func aDescriptionHasALimitAndNeverIsEmpty() {
        let long = ExtensionTool(
            name: "long", description: String(repeating: "👩‍👩‍👧\u{E0041}", count: 2_000), schema: ["not": [:]])
        let empty = ExtensionTool(name: "empty\u{7}", description: " \n", schema: [:])
        let offers = Self.catalog(Self.list("a", [empty, long])).offers
        #expect(offers[0].description == "The tool empty␇.")
        #expect(offers[1].description.unicodeScalars.count <= 1_024)
        #expect(offers[1].description.hasSuffix("…\nMore rules apply (not)."))
        #expect(offers[1].description.contains("⟨U+E0041⟩"))
    }

    @Test func theServerWithMostToolsIsShrunkFirst() {
        let catalog = Self.catalog(Self.list("a", Self.tools(40)), Self.list("b", Self.tools(50, words: 1)))
        #expect(Self.names(catalog).suffix(3) == ["a__tool_9", "b__find", "b__call"])
        #expect(catalog.offers.count == 42)
        #expect(catalog.hidden["b"]?.count == 50)
        #expect(catalog.shares["b"]?.isShrunk == true)
        #expect(catalog.shares["b"]?.callable == 50)
        #expect(Self.catalog(Self.list("a", Self.tools(40)), Self.list("b", Self.tools(49))).offers.count == 89)
    }

    @Test func theServerWithMostBytesIsShrunkFirst() {
        let catalog = Self.catalog(Self.list("a", Self.tools(50, words: 1)), Self.list("b", Self.tools(39, words: 199)))
        #expect(catalog.hidden.keys.sorted() == ["b"])
        #expect(catalog.offers.reduce(0) { $0 + $1.text.utf8.count } <= ExtensionCatalog.byteLimit)
    }

    @Test func howeverManyServersThereAreTheRequestIsBounded() {
        let lists = (0..<80).map { Self.list("s\($0)", Self.tools(30, words: 199), hasResources: true) }
        let catalog = ExtensionCatalog(lists, ours: 11) { $0.count }
        #expect(catalog.offers.count + 11 <= 100)
        #expect(!catalog.offers.isEmpty)
        #expect(catalog.leftOut.count == 30 * (80 - catalog.hidden.count))
    }

    @Test func aCallMeansATool() throws {
        let catalog = Self.catalog(Self.list("a", Self.tools(90), hasResources: true), Self.list("b", Self.tools(1)))
        let tool = try #require(catalog.hidden["a"]?.first { $0.shownName == "a__tool_7" })
        let arguments: JSON = ["id": "x"]
        #expect(
            catalog.target(of: "b__tool_0", arguments) == .tool(try #require(catalog.offers.last), arguments: arguments)
        )
        for name in ["a__tool_7", "tool_7"] {
            let call: JSON = ["name": .string(name), "arguments": arguments]
            #expect(catalog.target(of: "a__call", call) == .tool(tool, arguments: arguments))
        }
        let twice: JSON = ["name": "tool_7", "arguments": .string(arguments.text)]
        #expect(catalog.target(of: "a__call", twice) == .tool(tool, arguments: arguments))
        #expect(catalog.target(of: "a__tool_7", arguments) == .tool(tool, arguments: arguments))
        // Another server's cannot be called this way.
        #expect(
            catalog.target(of: "a__call", ["name": "b__tool_0"])
                == .wrong("a has no such tool. Look for its name with a__find."))
        #expect(catalog.target(of: "a__resources", [:]) == .resources(server: "a"))
        #expect(catalog.target(of: "a__read", ["uri": "x:y"]) == .read(server: "a", uri: "x:y"))
        #expect(catalog.target(of: "a__read", [:]) == .wrong("The uri is missing."))
        #expect(catalog.target(of: "a__tool_99", [:]) == nil)
        #expect(catalog.target(of: "b__find", [:]) == nil)
    }

    @Test func aSearchFindsByNameFirst() {
        var tools = Self.tools(95)
        tools[40] = ExtensionTool(name: "create_issue", description: "Makes one.", schema: ["type": "object"])
        tools[41] = ExtensionTool(name: "edit", description: "Changes an ISSUE.", schema: ["type": "object"])
        let catalog = Self.catalog(Self.list("a", tools))
        let found = catalog.found("Issue, please", in: "a")
        #expect(
            found.hasPrefix(
                "Call one by a__call, with its name and arguments.\n\na__create_issue: Makes one.\nArguments: {"))
        #expect(found.contains("\na__edit: Changes an ISSUE.\n"))
        #expect(!found.contains("tool_1"))
        #expect(
            catalog.found("zebra", in: "a").hasPrefix("No tool of a fits. It has: a__create_issue, a__edit, a__tool_0"))
        #expect(catalog.found("*", in: "a").hasPrefix("All tools of a: "))
        let many = catalog.found("does", in: "a")
        #expect(many.contains("\nLess fitting: a__tool_"))
        #expect(many.utf8.count < 26 << 10)
    }
}
