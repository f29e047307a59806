internal import JSON
internal import Primitives

/// Tokens of a password's login that end, and are renewed before.
///
/// Nothing is asked for where tokens last: a token that can be renewed lives minutes on most servers.
/// https://spec.matrix.org/v1.16/client-server-api/#refreshing-access-tokens
extension MatrixSession {
    /// How long before its end a token is renewed, if it lives twice as long.
    private static let refreshMargin: Int64 = 60_000

    /// Notes when the token that `json` gave ends, and what it is renewed by.
    mutating func noteEnd(of json: JSON) {
        guard let lifetime = json["expires_in_ms"]?.intValue, lifetime > 0 else { return }
        self.memory.tokensEnd = true
        // Half of a short life is left for the renewal, so that the time kept is when it is due rather than the end.
        let life = min(Int64(lifetime), 1 << 40)
        self.memory.device?.expiresAt = self.now.wall + life - min(Self.refreshMargin, life / 2)
        if let refresh = json["refresh_token"]?.stringValue { self.memory.device?.refresh = Secret(refresh) }
    }

    /// What renews the token, once that is due.
    var dueRefresh: Secret? {
        guard let device = self.memory.device, let due = device.expiresAt, due <= self.now.wall else { return nil }
        return device.refresh
    }

    mutating func receiveRefresh(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            guard let token = json["access_token"]?.stringValue, var device = self.memory.device else {
                return self.retry("The homeserver renews a token without giving one")
            }
            device.token = Secret(token)
            device.expiresAt = nil
            self.memory.device = device
            self.noteEnd(of: json)
            // Kept before it is used: with its first use the old ones end.
            self.act(.remember(self.memory, isUrgent: true))
            if self.isSignedIn { return self.requestSync(isWaiting: self.isInSync && self.failures == 0) }
            self.request(.whoAmI)
        case .refused(let refusal):
            if refusal.isPassing || refusal.isStray {
                return self.retry(self.text(refusal), after: refusal.retryAfter)
            }
            if refusal.isAccountClosed, self.takesRejection(refusal) { return }
            // The password is left.
            self.isSignedIn = false
            self.memory.device = nil
            self.act(.remember(self.memory, isUrgent: true))
            self.retry("The homeserver wants a new login")
        case .failed(let reason, _): self.retry(reason)
        }
    }
}
