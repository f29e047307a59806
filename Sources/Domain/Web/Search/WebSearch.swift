internal import HTTP
internal import HTTPClient
internal import JSON
package import Models
internal import Primitives

/// Asks the configured provider. Each search is made once.
package struct WebSearch: Sendable {
    package let settings: WebSearchSettings
    private let transport: any ModelTransport

    /// Whom it asks.
    package var host: String { self.settings.url.host }

    package init(_ settings: WebSearchSettings, transport: any ModelTransport) {
        self.settings = settings
        self.transport = transport
    }

    /// The most results of one search.
    package static let most = 10
    /// Bytes of a query. Brave takes 400 characters.
    package static let queryLimit = 400
    private static let answerLimit = 2 << 20
    /// Characters of a title and of an excerpt, and bytes of an address.
    private static let (titleLimit, excerptLimit, addressLimit) = (150, 500, 1_000)

    /// The best first; throws ``WebSearchFailure`` or `CancellationError`.
    package func pages(for query: String, count: Int) async throws -> [FoundPage] {
        let count = min(max(1, count), Self.most)
        do {
            let response = try await self.transport.send(self.request(query, count))
            let body = try await response.start(upTo: Self.answerLimit + 1)
            try Task.checkCancellation()
            guard 200..<300 ~= response.status else {
                throw WebSearchFailure(
                    status: response.status, self.settings, EndpointFailure(body: body),
                    retry: Self.seconds(response.headers["Retry-After"]))
            }
            guard body.count <= Self.answerLimit, let answer = try? JSON.parse(body) else {
                throw WebSearchFailure.notUnderstood(self.settings)
            }
            return try self.pages(in: answer, count)
        } catch let error as HTTPClientError {
            throw WebSearchFailure(error, self.settings.url.host, after: self.settings.timeout)
        }
    }

    private func request(_ query: String, _ count: Int) -> TransportRequest {
        let url = self.settings.url
        let key = self.settings.key?.reveal()
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if let key { headers["Authorization"] = "Bearer \(key)" }
        var body: JSON?
        let address: HTTPURL
        switch self.settings.provider {
        case .searxng:
            address = url.adding(path: "search").with(
                query: Self.query([("q", query), ("format", "json")]))
        case .brave:
            headers["Authorization"] = nil
            headers["X-Subscription-Token"] = key
            address = url.adding(path: "res/v1/web/search").with(
                query: Self.query([("q", query), ("count", "\(count)"), ("text_decorations", "false")]))
        case .tavily:
            headers["Content-Type"] = "application/json"
            address = url.adding(path: "search")
            body = ["query": .string(query), "max_results": .integer(Int64(count))]
        }
        return TransportRequest(
            body == nil ? .get : .post, address, headers: headers, body: body?.bytes ?? [],
            idleTimeout: self.settings.timeout, totalTimeout: self.settings.timeout)
    }

    private static func seconds(_ header: String?) -> Int? {
        guard let header, let seconds = Int(header), 1...86_400 ~= seconds else { return nil }
        return seconds
    }

    private static func query(_ items: [(String, String)]) -> HTTPQuery {
        HTTPQuery(items.map { HTTPQuery.Item(name: $0.0, value: $0.1) })
    }

    private func pages(in answer: JSON, _ count: Int) throws(WebSearchFailure) -> [FoundPage] {
        let (list, excerpt): (JSON?, String) =
            switch self.settings.provider {
            case .searxng, .tavily: (answer["results"], "content")
            // Brave leaves out `web` if nothing was found.
            case .brave: (answer["web"]?["results"] ?? (answer["type"] == nil ? nil : []), "description")
            }
        guard let results = list?.arrayValue else { throw .notUnderstood(self.settings) }
        let pages = results.lazy.compactMap { result -> FoundPage? in
            guard let address = result["url"]?.stringValue, Self.isAddress(address) else { return nil }
            return FoundPage(
                title: Self.line(result["title"]?.stringValue ?? "", Self.titleLimit), address: address,
                excerpt: Self.line(result[excerpt]?.stringValue ?? "", Self.excerptLimit))
        }
        return Array(pages.prefix(count))
    }

    /// Nothing that breaks out of a line or of a link.
    private static func isAddress(_ text: String) -> Bool {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= Self.addressLimit
            && text.utf8.allSatisfy { 0x21...0x7E ~= $0 && !"<>\"`\\".utf8.contains($0) }
    }

    private static func line(_ text: String, _ limit: Int) -> String {
        let start = StreamSafeText.of(text.beginning(bytes: 8 * limit))
        let line = VisibleText.line(start.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return line.count > limit ? String(line.prefix(limit - 1)) + "…" : line
    }
}
