package import HTTP
package import HTTPClient
internal import JSON
package import Primitives

/// Sends requests to the homeserver: the seam between the adapter and the network.
package protocol MatrixTransport: Sendable {
    /// Sets the homeserver's address for later requests.
    func use(_ homeserver: HTTPURL)
    /// Sends `token` only with requests that need it. Throws only `CancellationError`.
    func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer
    /// Stores a file on the homeserver; the answer contains its address.
    func upload(_ bytes: [UInt8], name: String, mediaType: String, token: Secret?) async throws -> MatrixAnswer
    /// The same for `length` bytes in pieces, which `pieces` passes on; it may be called again from the beginning.
    func upload(
        length: Int, mediaType: String, token: Secret?,
        pieces: @escaping @Sendable (MatrixPieceSink) async throws -> Void
    ) async throws -> MatrixAnswer
    /// Downloads a file in chunks; nil when all of it was written. Throws `CancellationError` and errors of `write`.
    func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer?
    /// How far this machine's clock is ahead of the homeserver's, in seconds; nil if the server does not say.
    func clockAhead() async -> Int?
}

/// Takes the next piece of a file.
package typealias MatrixPieceSink = @Sendable ([UInt8]) async throws -> Void

extension MatrixTransport {
    /// For transports that need the whole file.
    package func upload(
        length: Int, mediaType: String, token: Secret?,
        pieces: @escaping @Sendable (MatrixPieceSink) async throws -> Void
    ) async throws -> MatrixAnswer {
        let all = Protected<[UInt8]>([])
        try await pieces { piece in all.withLock { $0 += piece } }
        return try await self.upload(all.withLock { $0 }, name: "", mediaType: mediaType, token: token)
    }
}

/// The client-server API over HTTP.
package struct MatrixHTTPTransport: MatrixTransport {
    private let base: Protected<HTTPURL>
    private let client: HTTPClient

    package init(homeserver: HTTPURL, client: HTTPClient) {
        self.base = Protected(homeserver)
        self.client = client
    }

    private var homeserver: HTTPURL { self.base.withLock { $0 } }

    package func use(_ homeserver: HTTPURL) { self.base.withLock { $0 = homeserver } }

    package func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        var body = HTTPClientRequest.Body.none
        if let json = request.body {
            headers["Content-Type"] = "application/json"
            body = .bytes(json.bytes)
        }
        var call = HTTPClientRequest(
            request.method, self.url(request.path, request.query), headers: headers, body: body)
        if request.isAuthorised { Self.authorise(&call, token) }
        call.idleTimeout = .milliseconds(request.timeout)
        call.totalTimeout = .milliseconds(request.timeout)
        guard request.purpose == .wellKnown else {
            return try await self.answer(to: call, upTo: request.answerLimit)
        }
        return try await self.following(call, upTo: request.answerLimit)
    }

    /// Follows redirects of a request without a token, only over HTTPS or within the same origin: no one in between can
    /// change the answer.
    private func following(_ call: HTTPClientRequest, upTo limit: Int) async throws -> MatrixAnswer {
        var call = call
        for _ in 0..<4 {
            let answer = try await self.answer(to: call, upTo: limit)
            guard case .refused(let refusal) = answer, let location = refusal.location,
                let next = try? call.url.resolving(location), next.isSecure || next.origin == call.url.origin
            else { return answer }
            call.url = next
        }
        return .refused(MatrixRefusal(status: 502, text: "too many redirects"))
    }

    package func upload(
        _ bytes: [UInt8], name: String, mediaType: String, token: Secret?
    ) async throws -> MatrixAnswer {
        try await self.upload(.bytes(bytes), name: name, mediaType: mediaType, token: token)
    }

    package func upload(
        length: Int, mediaType: String, token: Secret?,
        pieces: @escaping @Sendable (MatrixPieceSink) async throws -> Void
    ) async throws -> MatrixAnswer {
        let body = HTTPClientRequest.Body.stream(length: length) { writer in
            try await pieces { piece in try await writer.write(piece) }
        }
        return try await self.upload(body, name: "", mediaType: mediaType, token: token)
    }

    private func upload(
        _ body: HTTPClientRequest.Body, name: String, mediaType: String, token: Secret?
    ) async throws -> MatrixAnswer {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        headers["Content-Type"] = MediaType(parsing: mediaType)?.description ?? "application/octet-stream"
        var call = HTTPClientRequest(
            .post, self.url(["_matrix", "media", "v3", "upload"], name.isEmpty ? [:] : ["filename": name]),
            headers: headers, body: body)
        Self.authorise(&call, token)
        call.idleTimeout = .seconds(60)
        return try await self.answer(to: call, upTo: MatrixRequest.answerLimit)
    }

    private static func authorise(_ call: inout HTTPClientRequest, _ token: Secret?) {
        if let token { call.headers["Authorization"] = "Bearer \(token.reveal())" }
    }

    /// Escapes every segment fully: room and event ids contain `!`, `$`, `#`, `:` and, from hostile servers, `/`.
    private func url(_ path: [String], _ query: HTTPQuery) -> HTTPURL {
        var url = self.homeserver
        while url.path.hasSuffix("/") { url.path.removeLast() }
        url.path += path.map { "/" + Self.escaped($0) }.joined()
        return url.with(query: query)
    }

    private static func escaped(_ segment: String) -> String {
        // A segment of dots would climb to a parent path.
        segment.allSatisfy({ $0 == "." })
            ? String(repeating: "%2E", count: segment.count) : PercentEncoding.encode(segment)
    }

    /// Anybody may have made one of many events too deep or too large to be read: without it the others are.
    static func read(_ bytes: [UInt8]) -> (json: JSON?, isTooLong: Bool) {
        do throws(JSONError) {
            return (try JSON.parse(bytes), false)
        } catch {
            guard error.isOfLimits else { return (nil, false) }
            let json = try? JSON.parse(bytes, elementLimit: 1_000)
            return (json, json == nil)
        }
    }

    private func answer(to call: HTTPClientRequest, upTo limit: Int) async throws -> MatrixAnswer {
        do {
            let response = try await self.client.execute(call)
            let bytes: [UInt8]
            do {
                bytes = try await response.body.collect(upTo: limit)
            } catch let error as HTTPClientError where error.code == .tooLarge {
                var refusal = MatrixRefusal(status: response.status.code, text: error.message)
                refusal.isTooLong = true
                return .refused(refusal)
            }
            let (json, isTooLong) = Self.read(bytes)
            if response.status.isSuccess, let json, json.objectValue != nil { return .success(json) }
            var refusal = MatrixRefusal(
                status: response.status.code, body: json, header: response.headers["Retry-After"])
            refusal.isTooLong = isTooLong
            if response.status.isRedirect { refusal.location = response.headers["Location"] }
            return .refused(refusal)
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError {
            return .failed(error.message, mayHaveArrived: error.mayHaveReachedServer)
        } catch {
            return .failed("\(error)", mayHaveArrived: true)
        }
    }

    /// By the `Date` of an answer, which counts for the middle of the request.
    package func clockAhead() async -> Int? {
        let request = MatrixRequest.versions
        // The date of a stored answer is an old one.
        var call = HTTPClientRequest(
            request.method, self.url(request.path, request.query), headers: ["Cache-Control": "no-cache"])
        call.totalTimeout = .milliseconds(request.timeout)
        let start = WallClock.now()
        guard let response = try? await self.client.execute(call),
            let date = response.headers["Date"].flatMap({ HTTPDate.parse($0) })
        else { return nil }
        return Int((start + WallClock.now()) / 2_000) - date
    }

    // MARK: Files

    package func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer? {
        let new = self.url(["_matrix", "client", "v1", "media", "download", server, id], [:])
        let answer = try await self.fetch(new, token, write)
        guard case .refused(let refusal) = answer, refusal.isUnknownEndpoint else { return answer }
        // Servers before version 1.11 have only this endpoint.
        return try await self.fetch(self.url(["_matrix", "media", "v3", "download", server, id], [:]), token, write)
    }

    /// Follows redirects to the server's file storage; only the homeserver itself gets the token.
    private func fetch(
        _ url: HTTPURL, _ token: Secret?, _ write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer? {
        var url = url
        for _ in 0..<4 {
            var call = HTTPClientRequest(.get, url)
            if url.origin == self.homeserver.origin { Self.authorise(&call, token) }
            call.idleTimeout = .seconds(60)
            let (answer, redirect) = try await self.step(call, write)
            guard let redirect else { return answer }
            guard let next = try? url.resolving(redirect), next.isSecure || next.origin == self.homeserver.origin else {
                return .refused(MatrixRefusal(status: 502, text: "a redirect to an unencrypted address"))
            }
            url = next
        }
        return .refused(MatrixRefusal(status: 502, text: "too many redirects"))
    }

    /// Distinguishes errors of the consumer from network errors.
    private struct ConsumerError: Error { let error: any Error }

    /// Makes one request: the answer is nil when all was written, or where a redirect leads elsewhere.
    private func step(
        _ call: HTTPClientRequest, _ write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> (answer: MatrixAnswer?, redirect: String?) {
        do {
            let response = try await self.client.execute(call)
            if response.status.isRedirect, let location = response.headers["Location"] { return (nil, location) }
            guard response.status.isSuccess else {
                let body = try? JSON.parse(try await response.body.collect(upTo: 65_536))
                let header = response.headers["Retry-After"]
                return (.refused(MatrixRefusal(status: response.status.code, body: body, header: header)), nil)
            }
            for try await bytes in response.body {
                do { try await write(bytes) } catch { throw ConsumerError(error: error) }
            }
            return (nil, nil)
        } catch let error as ConsumerError {
            throw error.error
        } catch let error as HTTPClientError {
            return (.failed(error.message, mayHaveArrived: error.mayHaveReachedServer), nil)
        }
    }
}
