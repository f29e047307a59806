internal import Crypto
internal import HTTP
internal import Primitives

/// The requests of one transfer: credentials, redirects and refusals. Only protocol version 0, the one that libgit2
/// supports.
final class GitHTTPSession: Sendable {
    private struct State {
        /// Without `/info/refs`; changed by a redirect.
        var base: HTTPURL
        var credential: GitCredential?
        var hasCredential = false
        /// Whether a refused credential was already replaced.
        var isReplaced = false
    }

    private let http: any GitHTTP
    /// The only origin to which credentials are sent.
    private let origin: String
    private let access: GitRemoteAccess
    private let state: Protected<State>

    init(url: HTTPURL, access: GitRemoteAccess, http: any GitHTTP) {
        self.http = http
        self.origin = url.origin
        self.access = access
        self.state = Protected(State(base: url))
    }

    /// The server's references.
    func references(_ service: GitService) async throws -> GitHTTPResponse {
        var url = self.state.withLock { $0.base }.adding(path: "info/refs")
        url.query = "service=\(service.rawValue)"
        var redirects = 0
        while true {
            let response = try await self.send(url, .none, type: nil)
            if [301, 302, 303, 307, 308].contains(response.status) {
                redirects += 1
                guard redirects <= 3 else { throw Self.redirected(url, "to too many addresses") }
                url = try self.target(of: response, from: url, service)
            } else {
                try await self.check(response, url, service, type: "\(service.rawValue)-advertisement")
                return response
            }
        }
    }

    /// Sends a request of the protocol.
    func post(_ service: GitService, _ body: GitHTTPRequest.Body) async throws -> GitHTTPResponse {
        let url = self.state.withLock { $0.base }.adding(path: service.rawValue)
        let response = try await self.send(url, body, type: service)
        try await self.check(response, url, service, type: "\(service.rawValue)-result")
        return response
    }

    // MARK: Credentials

    private func send(_ url: HTTPURL, _ body: GitHTTPRequest.Body, type: GitService?) async throws -> GitHTTPResponse {
        while true {
            let credential = try await self.credential(for: url)
            var headers = HTTPHeaders()
            headers.append("Accept", type.map { "application/x-\($0.rawValue)-result" } ?? "*/*")
            headers.append("Cache-Control", "no-cache")
            if let type { headers.append("Content-Type", "application/x-\(type.rawValue)-request") }
            if let credential {
                let pair = base64(Array("\(credential.user):\(credential.secret.reveal())".utf8))
                headers.append("Authorization", "Basic \(pair)")
            }
            let response = try await self.http.send(GitHTTPRequest(url: url, headers: headers, body: body))
            guard response.status == 401, url.origin == self.origin else { return response }
            // A streamed body can't be resent.
            if case .stream = body { return response }
            guard try await self.replace(credential) else { return response }
        }
    }

    private func credential(for url: HTTPURL) async throws -> GitCredential? {
        guard url.origin == self.origin, case .http(let ask) = self.access else { return nil }
        let (known, isKnown) = self.state.withLock { ($0.credential, $0.hasCredential) }
        if isKnown { return known }
        let credential = try await ask(nil)
        self.state.withLock {
            $0.credential = credential
            $0.hasCredential = true
        }
        return credential
    }

    /// Whether another credential replaced the refused one; at most once in a transfer.
    private func replace(_ refused: GitCredential?) async throws -> Bool {
        guard case .http(let ask) = self.access, !self.state.withLock({ $0.isReplaced }) else { return false }
        self.state.withLock { $0.isReplaced = true }
        guard let refused, let fresh = try await ask(refused), fresh != refused else { return false }
        self.state.withLock { $0.credential = fresh }
        return true
    }

    // MARK: Redirects and refusals

    private func target(
        of response: GitHTTPResponse, from url: HTTPURL, _ service: GitService
    ) throws(GitError) -> HTTPURL {
        guard let location = response.headers["location"], let target = try? url.resolving(location) else {
            throw Self.redirected(url, "without an address")
        }
        guard target.scheme == "https" || target.scheme == url.scheme else {
            throw Self.redirected(url, "from https to another protocol")
        }
        // Required by `git` too: otherwise it is a page for people.
        let suffix = "/info/refs"
        guard target.path.hasSuffix(suffix), target.query == "service=\(service.rawValue)" else {
            throw Self.redirected(url, "to something that is not a repository")
        }
        self.state.withLock {
            $0.base = target
            $0.base.query = nil
            $0.base.path = String(target.path.dropLast(suffix.count))
        }
        return target
    }

    private static func redirected(_ url: HTTPURL, _ how: String) -> GitError {
        GitError(.failed, "\(Self.shown(url)) redirects \(how): configure the repository's new address")
    }

    private func check(
        _ response: GitHTTPResponse, _ url: HTTPURL, _ service: GitService, type: String
    ) async throws {
        if response.status == 200 {
            let given = response.headers["content-type"].map { $0.prefix { $0 != ";" }.lowercased() }
            guard given == "application/x-\(type)" else {
                throw GitError(
                    .failed, "\(Self.shown(url)) is not a Git server's address: configure the repository's address")
            }
            return
        }
        let detail = try await Self.detail(response)
        throw Self.refusal(response.status, Self.shown(url), service, detail)
    }

    /// The server's message, if it is text.
    private static func detail(_ response: GitHTTPResponse) async throws -> String {
        guard response.headers["content-type"]?.lowercased().hasPrefix("text/plain") == true else { return "" }
        var bytes: [UInt8] = []
        while bytes.count < 2_048, let more = try await response.next() { bytes += more }
        return GitRefusal.line(Array(bytes.prefix(2_048)))
    }

    /// - Parameter detail: The server's message; may be empty.
    static func refusal(_ status: Int, _ place: String, _ service: GitService, _ detail: String) -> GitError {
        let verb = service == .push ? "push to" : "read"
        let words = detail.isEmpty ? "\(status)" : "\(status): \(detail)"
        switch status {
        case 401:
            return GitError(
                .unauthorised, "\(place) refused the credentials (\(words)): sign in again, or configure a valid token")
        case 403:
            return GitError(
                .forbidden, "no permission to \(verb) \(place) (\(words)): ask for access, or use a token that has it")
        case 404:
            return GitError(
                .forbidden,
                "\(place) was not found, or the credentials have no access to it (\(words)): check the address and the access"
            )
        case 410: return GitError(.notFound, "\(place) no longer exists (\(words)): configure its new address")
        case 413: return GitError(.tooLarge, "\(place) refused the push because it is too large (\(words))")
        case 429, 500...599:
            return GitError(.unreachable, "\(place) can't answer now (\(words)): try again later")
        default:
            return GitError(.failed, "\(place) answered with \(words): check the address")
        }
    }

    private static func shown(_ url: HTTPURL) -> String {
        var path = url.path
        for suffix in ["/info/refs", "/git-upload-pack", "/git-receive-pack"] where path.hasSuffix(suffix) {
            path.removeLast(suffix.count)
        }
        return GitName.printable(url.authority + path)
    }
}

/// The two services of a Git server.
enum GitService: String, Sendable {
    case fetch = "git-upload-pack"
    case push = "git-receive-pack"
}
