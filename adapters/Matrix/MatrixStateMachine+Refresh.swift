internal import JSON
internal import Kit
internal import Primitives

/// Renews access tokens of a password login before they expire.
///
/// A refresh token is requested only where tokens expire: on most servers, a refreshable token lives only minutes.
/// https://spec.matrix.org/v1.16/client-server-api/#refreshing-access-tokens
extension MatrixStateMachine {
    /// Milliseconds before its expiry at which a token is renewed, if it lives at least twice as long.
    private static let refreshMargin: Int64 = 60_000

    /// Stores when the token in `json` has to be renewed, and its refresh token.
    mutating func noteExpiry(of json: JSON) {
        guard let lifetime = json["expires_in_ms"]?.intValue, lifetime > 0 else { return }
        self.memory.tokensEnd = true
        // The stored time is when the renewal is due: halfway through a short life.
        let life = min(Int64(lifetime), 1 << 40)
        self.memory.device?.expiresAt = self.now.wall + life - min(Self.refreshMargin, life / 2)
        if let refresh = json["refresh_token"]?.stringValue { self.memory.device?.refresh = Secret(refresh) }
    }

    /// The refresh token, once the renewal is due.
    var dueRefresh: Secret? {
        guard let device = self.memory.device, let due = device.expiresAt, due <= self.now.wall else { return nil }
        return device.refresh
    }

    mutating func receiveRefresh(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            guard let token = json["access_token"]?.stringValue, var device = self.memory.device else {
                return self.retry("The homeserver renewed the login but returned no access token")
            }
            device.token = Secret(token)
            device.expiresAt = nil
            self.memory.device = device
            self.noteExpiry(of: json)
            // Saved before use: the first use invalidates the old tokens.
            self.act(.remember(self.memory, isUrgent: true))
            if self.isSignedIn { return self.requestSync(isWaiting: self.isInSync && self.failures == 0) }
            self.request(.whoAmI)
        case .refused(let refusal):
            if refusal.isPassing || refusal.isStray {
                return self.retry(self.text(refusal), after: refusal.retryAfter)
            }
            if refusal.isAccountClosed, self.handleRejection(refusal) { return }
            // Sign in with the password instead.
            self.isSignedIn = false
            self.memory.device = nil
            self.act(.remember(self.memory, isUrgent: true))
            self.retry("The homeserver requires a new login")
        case .failed(let reason, _): self.retry(reason)
        }
    }
}
