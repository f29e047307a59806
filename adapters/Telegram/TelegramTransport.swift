internal import Chat
package import HTTP
package import HTTPClient
internal import JSON
package import Primitives

/// Carries calls to the Bot API and files from it. A protocol, so that a test can be the server.
package protocol TelegramTransport: Sendable {
    /// Carries one call. Only cancellation throws.
    func send(_ call: TelegramCall) async throws -> TelegramAnswer
    /// Fetches a file that `getFile` told, piece by piece. Throws ``AdapterError``, and what `write` throws.
    func fetch(_ path: String, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws
    /// Uses new connections from now on.
    func renew() async
}

/// The Bot API over HTTPS. The token stands in every URL, so no URL is ever logged or told.
package final class TelegramHTTPTransport: TelegramTransport {
    private let apiURL: HTTPURL
    private let token: Secret
    private let client: Protected<HTTPClient>
    private let settings: HTTPClientSettings

    /// Answers of 100 long updates stay far below.
    private static let answerLimit = 32 << 20
    private static let fetchTimeout: Duration = .seconds(300)

    package init(apiURL: HTTPURL, token: Secret, client: HTTPClient?) {
        self.apiURL = apiURL
        self.token = token
        let client = client ?? HTTPClient()
        self.client = Protected(client)
        self.settings = client.settings
    }

    package func renew() async {
        let fresh = HTTPClient(self.settings)
        self.client.withLock { $0 = fresh }
    }

    private var current: HTTPClient { self.client.withLock { $0 } }

    package func send(_ call: TelegramCall) async throws -> TelegramAnswer {
        var request = HTTPClientRequest(.post, self.apiURL.appending("bot\(self.token.reveal())", call.method))
        if let file = call.file {
            let form = TelegramForm(call.parameters, file)
            request.headers.append("Content-Type", form.contentType)
            request.body = .bytes(form.bytes)
        } else {
            request.headers.append("Content-Type", "application/json")
            request.body = .bytes(JSON.object(call.parameters).bytes)
        }
        // A long poll is still for as long as it holds.
        request.idleTimeout = .milliseconds(call.timeout)
        request.totalTimeout = .milliseconds(call.timeout)
        do {
            let response = try await self.current.execute(request)
            let body = try await response.body.collect(upTo: Self.answerLimit)
            let seconds = response.headers["Retry-After"].flatMap { Int64($0) }.map { max(0, $0) }
            return TelegramAnswer(status: response.status.code, body: body, retryAfter: seconds)
        } catch let error as HTTPClientError {
            return .broken(
                TelegramBreak(
                    error.message, mayHaveArrived: error.mayHaveReachedServer, isTimeout: error.code.isTimeout))
        }
    }

    package func fetch(_ path: String, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        var url = self.apiURL.appending("file", "bot\(self.token.reveal())")
        guard !path.hasPrefix("/") else {
            throw AdapterError(
                .invalid, "The Bot API server keeps its files to itself (local mode); that is not supported")
        }
        for segment in path.split(separator: "/") where segment != ".." { url = url.appending(String(segment)) }
        var request = HTTPClientRequest(.get, url)
        request.totalTimeout = Self.fetchTimeout
        do {
            let response = try await self.current.execute(request)
            guard response.status.isSuccess else {
                throw AdapterError(.notFound, "Telegram does not give the file: HTTP \(response.status.code)")
            }
            for try await bytes in response.body { try await write(bytes) }
        } catch let error as HTTPClientError {
            throw AdapterError(
                error.code.isTimeout ? .timedOut : .disconnected, "The file could not be fetched: \(error.message)")
        }
    }
}
