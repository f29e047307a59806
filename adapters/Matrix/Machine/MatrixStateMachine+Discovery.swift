internal import HTTP
internal import JSON
internal import Logging

/// Finds the homeserver's API: at the configured address, or where that address points to.
///
/// https://spec.matrix.org/v1.16/client-server-api/#server-discovery
extension MatrixStateMachine {
    /// Of the homeserver's address, in bytes: it begins the URL of each request.
    private static let baseLimit = 2_048

    mutating func discover() {
        self.doubt = nil
        if self.discovered != nil { return self.request(.versions) }
        self.act(.use(self.settings.homeserver))
        self.request(self.settings.isServerName ? .wellKnown : .versions)
    }

    mutating func receiveVersions(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json) where json["versions"]?.arrayValue != nil:
            self.discovered = self.discovered ?? self.settings.homeserver
            self.request(self.token == nil ? .loginFlows : .whoAmI)
        case .success: self.askElsewhere("its answer is not a list of versions")
        case .refused(let refusal):
            if refusal.isPassing { return self.retry(self.text(refusal), after: refusal.retryAfter) }
            self.askElsewhere(refusal.summary, redirect: refusal.location)
        case .failed(let reason, _): self.retry(reason)
        }
    }

    /// The configured address has no Matrix API, but may be the server's name.
    private mutating func askElsewhere(_ reason: String, redirect: String? = nil) {
        guard self.discovered == nil else { return self.refuse(self.notMatrix(reason)) }
        if let base = self.base(of: redirect) { return self.use(base) }
        self.doubt = reason
        self.request(.wellKnown)
    }

    /// The API's base address, from a redirect of the first request.
    private func base(of redirect: String?) -> HTTPURL? {
        guard let redirect, var url = try? self.settings.homeserver.resolving(redirect) else { return nil }
        let tail = "/_matrix/client/versions"
        guard url.path.hasSuffix(tail), url.isSecure || url.isLoopback else { return nil }
        url.path.removeLast(tail.count)
        url.query = nil
        return url == self.settings.homeserver ? nil : url
    }

    private mutating func use(_ url: HTTPURL) {
        if url != self.settings.homeserver {
            self.log(.info, "\(self.settings.homeserver.origin) delegates to the homeserver \(url.origin)")
        }
        self.discovered = url
        self.act(.use(url))
        self.request(.versions)
    }

    mutating func receiveWellKnown(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            let base = json["m.homeserver"]?["base_url"]?.stringValue
            guard (base?.utf8.count ?? 0) <= Self.baseLimit else {
                return self.refuse(
                    self.notMatrix(
                        "the address in its /.well-known/matrix/client is longer than \(Self.baseLimit) bytes"))
            }
            guard let base, let url = try? HTTPURL(base), url.query == nil else {
                return self.refuse(self.notMatrix(self.doubt ?? "its /.well-known/matrix/client has no valid address"))
            }
            guard self.doubt == nil || url != self.settings.homeserver else {
                return self.refuse(self.notMatrix(self.doubt ?? ""))
            }
            self.use(url)
        case .refused(let refusal):
            if refusal.isPassing { return self.retry(self.text(refusal), after: refusal.retryAfter) }
            if let doubt = self.doubt { return self.refuse(self.notMatrix(doubt)) }
            guard refusal.status == 404 else {
                return self.refuse(self.notMatrix("/.well-known/matrix/client: \(refusal.summary)"))
            }
            // Without the file, the API is at the server's name.
            self.use(self.settings.homeserver)
        case .failed(let reason, _): self.retry(reason)
        }
    }

    func notMatrix(_ reason: String) -> String {
        "\((self.discovered ?? self.settings.homeserver).origin) is not a Matrix homeserver (\(reason)); set "
            + "homeserver to the address of its client-server API, as given in /.well-known/matrix/client"
    }
}
