internal import Chat
package import HTTP
package import HTTPClient
internal import JSON
package import Primitives

/// Makes calls to the Bot API and downloads files. A protocol, so that tests can replace the server.
package protocol TelegramTransport: Sendable {
    /// Makes one call. Throws only if cancelled.
    func send(_ call: TelegramCall) async throws -> TelegramAnswer
    /// Downloads the file at a path from `getFile`, piece by piece. Throws ``AdapterError`` and the errors of `write`.
    func fetch(_ path: String, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws
    /// Uses new connections from now on.
    func renew() async
}

/// The Bot API over HTTPS. Every URL contains the token, so URLs are never logged or shown.
package final class TelegramHTTPTransport: TelegramTransport {
    private let apiURL: HTTPURL
    private let token: Secret
    private let client: Protected<HTTPClient>
    private let settings: HTTPClientSettings

    /// Bytes; an answer with 100 long updates is far smaller.
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
        // A held poll is idle for its whole duration.
        request.idleTimeout = .milliseconds(call.timeout)
        request.totalTimeout = .milliseconds(call.timeout)
        do {
            let response = try await self.current.execute(request)
            let body = try await response.body.collect(upTo: Self.answerLimit)
            let seconds = response.headers["Retry-After"].flatMap { Int64(untrusted: $0) }
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
                .invalid,
                "The Bot API server runs in local mode, which is not supported for files. Start it without --local")
        }
        for segment in path.split(separator: "/") where segment != ".." { url = url.appending(String(segment)) }
        var request = HTTPClientRequest(.get, url)
        request.totalTimeout = Self.fetchTimeout
        do {
            let response = try await self.current.execute(request)
            guard response.status.isSuccess else {
                throw AdapterError(
                    .notFound, "Telegram did not provide the file: HTTP \(response.status.code). Send it again")
            }
            for try await bytes in response.body { try await write(bytes) }
        } catch let error as HTTPClientError {
            throw AdapterError(error.code.isTimeout ? .timedOut : .disconnected, Self.fetchText(error.code))
        }
    }

    /// Why a download failed, in words for the people in the chat.
    package static func fetchText(_ code: HTTPClientError.Code) -> String {
        let reason =
            switch code {
            case .idleTimeout: "Telegram sent nothing for a minute"
            case .totalTimeout: "the download took longer than five minutes"
            case .closed: "Telegram ended the download early"
            default: "Telegram could not be reached"
            }
        return "\(reason). Send it again"
    }
}
