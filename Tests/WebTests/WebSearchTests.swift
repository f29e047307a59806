import HTTP
import HTTPClient
import Primitives
import TestSupport
import Testing

@testable import Web

@Suite("Searches of the web", .timeLimit(.minutes(1)))
struct WebSearchTests {
    private typealias Provider = WebSearchSettings.Provider

    private static func search(
        _ server: LoopbackSearchServer, _ provider: Provider, key: String? = LoopbackSearchServer.key
    ) throws -> WebSearch {
        let settings = WebSearchSettings(
            provider: provider, url: try HTTPURL(server.baseURL), key: key.map { Secret($0) })
        return WebSearch(settings, transport: HTTPClient())
    }

    private static func failure(_ search: WebSearch) async throws -> String {
        do {
            return "found: \(try await search.pages(for: "x", count: 5).count)"
        } catch let failure as WebSearchFailure {
            return failure.description
        }
    }

    @Test("Each provider is asked as it wants, and gives title, address and excerpt", arguments: Provider.allCases)
    func results(of provider: WebSearchSettings.Provider) async throws {
        let server = try await LoopbackSearchServer.started()
        server.find(
            .init("Swift\n6 \u{202E}out", "https://swift.org/a?b=c&d", String(repeating: "long ", count: 500)),
            .init("Bad", "javascript:alert(1)", ""), .init("Worse", "https://e.org/\n[x]", ""),
            .init("Second", "http://e.org/", "b"), .init("Third", "https://e.org/3", "c"))
        let pages = try await Self.search(server, provider).pages(for: "swift & 6+1 ä", count: 2)
        expectEqual(pages.map(\.address), ["https://swift.org/a?b=c&d", "http://e.org/"])
        #expect(pages[0].title.hasPrefix("Swift 6 ") && !pages[0].title.contains("\u{202E}"), "\(pages[0].title)")
        expectEqual(pages[0].excerpt.count, 500)
        expectEqual(server.queries, ["swift & 6+1 ä"])
        server.find()
        try await expectEqual(Self.search(server, provider).pages(for: "nothing", count: 5), [])
        await server.stop()
    }

    @Test("A refusal says what to do, without the key")
    func refusals() async throws {
        let server = try await LoopbackSearchServer.started()
        let wrong = try await Self.failure(Self.search(server, .tavily, key: "bad-key"))
        #expect(wrong.hasPrefix("127.0.0.1 refused the key (401)") && wrong.contains("search.key"), "\(wrong)")
        let brave = try await Self.failure(Self.search(server, .brave, key: "bad-key"))
        #expect(brave.hasPrefix("127.0.0.1 refused the key (422)"), "\(brave)")
        #expect(!wrong.contains("bad-key") && !brave.contains("bad-key"))
        server.enqueue(.refusal(status: 429, body: "", retryAfter: 7), .refusal(status: 500, body: ""))
        let tavily = try Self.search(server, .tavily)
        try await expectEqual(
            Self.failure(tavily), "127.0.0.1 takes no more searches at the moment (429). Try again in 7 seconds.")
        try await expectEqual(Self.failure(tavily), "127.0.0.1 answered with 500. Try again later.")
        server.switchOffJSON()
        let off = try await Self.failure(Self.search(server, .searxng, key: nil))
        #expect(off.contains("lacks `json` in search.formats"), "\(off)")
        await server.stop()
        #expect(try await Self.failure(tavily).hasPrefix("127.0.0.1 was not reached"))
    }

    @Test("What is no answer of the provider is no result", arguments: ["<html>", "{}", #"{"results":3}"#, "[]"])
    func foreign(_ body: String) async throws {
        let server = try await LoopbackSearchServer.started()
        for provider in Provider.allCases {
            server.enqueue(.raw(body))
            let failure = try await Self.failure(Self.search(server, provider))
            #expect(failure.contains("did not answer as \(provider.rawValue) does"), "\(failure)")
        }
        await server.stop()
    }
}
