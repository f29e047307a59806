internal import Crypto
internal import EventLoop
internal import Glibc
internal import HTTP
package import HTTPServer
internal import Primitives

/// Serves bare repositories over Git's smart HTTP protocol with the real `git http-backend`, as part of a test's server.
///
/// The repository of the path `/OWNER/NAME.git` or `/OWNER/NAME` is `ROOT/OWNER/NAME.git`.
package final class GitHTTPBackend: Sendable {
    /// A request that was answered, in the order of arrival.
    package struct Call: Sendable, Hashable {
        package let request: GitServerRequest
        /// Without a leading slash and `.git`.
        package let repository: String
        package let user: String?
        package let password: String?
        package let protocolVersion: String?
        package let status: Int
    }

    /// Decides about a request: nil allows it, a status refuses it (401 asks for credentials).
    package typealias Authorise =
        @Sendable (
            _ user: String?, _ password: String?, _ repository: String, _ isPush: Bool
        ) -> Int?

    private struct State {
        var calls: [Call] = []
        var faults: [GitServerRequest: [GitServerFault]] = [:]
        var isReleased = false
    }

    private let root: String
    private let authorise: Authorise
    /// Called after a push was answered, with the repository.
    private let pushed: (@Sendable (String) async -> Void)?
    private let state = Protected(State())
    private let released = WaitList()

    package init(
        root: String, authorise: @escaping Authorise = { _, _, _, _ in nil },
        pushed: (@Sendable (String) async -> Void)? = nil
    ) {
        self.root = root
        self.authorise = authorise
        self.pushed = pushed
    }

    package var calls: [Call] { self.state.withLock { $0.calls } }

    package func forgetCalls() { self.state.withLock { $0.calls = [] } }

    /// The next request of this kind meets the fault; several are used in order.
    package func fail(_ request: GitServerRequest, _ fault: GitServerFault) {
        self.state.withLock { $0.faults[request, default: []].append(fault) }
    }

    /// Ends the hangs, the current ones and later ones.
    @Net package func release() {
        self.state.withLock { $0.isReleased = true }
        self.released.wakeAll()
    }

    /// The answer, or nil if the request is not one of Git's.
    @Net package func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse? {
        guard let target = GitServerTarget(request) else { return nil }
        let (user, password) = Self.credentials(request.headers["authorization"])
        let (kind, name) = (target.request, target.repository)
        func note(_ status: Int) {
            let call = Call(
                request: kind, repository: name, user: user, password: password,
                protocolVersion: request.headers["git-protocol"], status: status)
            self.state.withLock { $0.calls.append(call) }
        }
        let fault = self.state.withLock { state -> GitServerFault? in
            guard let first = state.faults[kind]?.first else { return nil }
            state.faults[kind]?.removeFirst()
            return first
        }
        switch fault {
        case .status(let status):
            note(status)
            return .text("refused", HTTPStatus(status))
        case .redirect(let target):
            note(302)
            let query = request.head.query.map { "?\($0)" } ?? ""
            return HTTPServerResponse(.found, headers: ["Location": target + query])
        case .cut, .hang, nil: break
        }
        if let status = self.authorise(user, password, name, kind.isPush) {
            note(status)
            var response = HTTPServerResponse.text("refused", HTTPStatus(status))
            if status == 401 { response.headers.append("WWW-Authenticate", "Basic realm=\"Git\"") }
            return response
        }
        guard access("\(self.root)/\(name).git", F_OK) == 0 else {
            note(404)
            return .text("Repository not found.", .notFound)
        }
        note(200)
        let program = try await GitHTTPProgram(
            request, root: self.root, path: "/\(name).git/\(target.service)", user: user ?? "anonymous")
        var response = program.head
        response.body = .streamOnLoop { writer in
            try await self.send(program, fault, to: writer)
            if kind == .push { await self.pushed?(name) }
        }
        return response
    }

    @Net private func send(
        _ program: GitHTTPProgram, _ fault: GitServerFault?, to writer: ResponseWriter
    ) async throws {
        var sent = 0
        try await program.body { bytes in
            switch fault {
            case .cut(let limit) where sent + bytes.count >= limit:
                try await writer.write(Array(bytes.prefix(limit - sent)))
                throw Cut()
            case .hang(let limit) where sent < limit + 1 && sent + bytes.count >= limit:
                try await writer.write(Array(bytes.prefix(limit - sent)))
                try await self.waitForRelease()
                try await writer.write(Array(bytes.dropFirst(limit - sent)))
            default: try await writer.write(bytes)
            }
            sent += bytes.count
        }
    }

    private struct Cut: Error {}

    @Net private func waitForRelease() async throws {
        while !self.state.withLock({ $0.isReleased }) { try await self.released.wait() }
    }

    private static func credentials(_ header: String?) -> (user: String?, password: String?) {
        guard let header, header.lowercased().hasPrefix("basic "), let bytes = decodeBase64(String(header.dropFirst(6)))
        else { return (nil, nil) }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    }
}
