internal import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Obtains a working token for the configured account.
extension MatrixStateMachine {
    mutating func signIn() {
        if self.refusal == nil { self.act(.status(.connecting, detail: nil)) }
        self.discover()
    }

    /// A refusal with the server's address, for people.
    func text(_ refusal: MatrixRefusal) -> String {
        "The homeserver \((self.discovered ?? self.settings.homeserver).origin) answers \(refusal.summary)"
    }

    // MARK: Password

    mutating func receiveLoginFlows(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            let flows = (json["flows"]?.arrayValue ?? []).compactMap { $0["type"]?.stringValue }
            guard flows.contains("m.login.password") else { return self.refuse(Self.noPasswordLogin) }
            self.login()
        case .refused(let refusal):
            if refusal.isPassing { return self.retry(self.text(refusal), after: refusal.retryAfter) }
            self.refuse(Self.noPasswordLogin)
        case .failed(let reason, _): self.retry(reason)
        }
    }

    private static let noPasswordLogin =
        "The homeserver has no login by password; ask its administrator for a token and set access_token instead"

    private mutating func login() {
        guard case .password(let password) = self.settings.credential else { return }
        // With encryption a device that was signed out never comes back: others know its keys, which are gone.
        let device = self.memory.keptDevice ?? (self.encrypts ? nil : self.settings.deviceID)
        self.request(
            .login(
                user: self.settings.user, password: password.reveal(), device: device,
                isRefreshable: self.memory.tokensEnd))
    }

    /// Signs in as another device, because the keys of this one are lost.
    mutating func renewDevice(_ reason: String) {
        guard case .password = self.settings.credential else {
            self.keyTrouble =
                "Encrypted rooms cannot be used: \(reason); create a new access token with a login of its own and set "
                + "access_token"
            self.log(.error, self.keyTrouble ?? "")
            return
        }
        self.log(.warning, "Signing in as a new device, because \(reason)")
        self.forgetDevice(keeping: nil)
        self.signIn()
    }

    /// - Parameter kept: The device to sign in as again.
    private mutating func forgetDevice(keeping kept: String?) {
        self.isSignedIn = false
        self.memory.device = nil
        self.memory.keptDevice = kept
        self.act(.remember(self.memory, isUrgent: true))
    }

    mutating func receiveLogin(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            guard let token = json["access_token"]?.stringValue, let user = json["user_id"]?.stringValue else {
                return self.refuse(self.notMatrix("its login returned no token"))
            }
            guard user == self.settings.user else { return self.refuse(self.mismatch(user)) }
            let device = json["device_id"]?.stringValue ?? self.settings.deviceID
            self.memory.device = MatrixMemory.Device(id: device, token: Secret(token))
            self.memory.keptDevice = nil
            self.noteExpiry(of: json)
            self.act(.remember(self.memory, isUrgent: true))
            self.finishSignIn(device: device)
        case .refused(let refusal):
            if refusal.isAccountClosed { return self.refuse(self.closed(refusal)) }
            if refusal.code == "M_FORBIDDEN" {
                return self.refuse(
                    "The homeserver refuses the password of \(self.settings.user); correct it, or set access_token")
            }
            if refusal.isPassing || refusal.code == "M_USER_LOCKED" {
                return self.retry(self.text(refusal), after: refusal.retryAfter)
            }
            self.refuse("The homeserver rejected the login of \(self.settings.user): \(refusal.summary)")
        case .failed(let reason, _): self.retry(reason)
        }
    }

    private func closed(_ refusal: MatrixRefusal) -> String {
        "The account \(self.settings.user) was closed or suspended by the homeserver's administrator "
            + "(\(refusal.code)); ask them to restore it, or configure another account"
    }

    private func mismatch(_ user: String) -> String {
        "The token belongs to \(user) and not to \(self.settings.user); correct user, or use a token of that account"
    }

    // MARK: Token

    mutating func receiveWhoAmI(_ answer: MatrixAnswer) {
        switch answer {
        case .success(let json):
            guard let user = json["user_id"]?.stringValue else {
                return self.refuse(self.notMatrix("its whoami endpoint returned no user"))
            }
            guard user == self.settings.user else { return self.refuse(self.mismatch(user)) }
            self.finishSignIn(device: json["device_id"]?.stringValue ?? self.memory.device?.id)
        case .refused(let refusal):
            if self.handleRejection(refusal) { return }
            if refusal.isPassing { return self.retry(self.text(refusal), after: refusal.retryAfter) }
            self.refuse(
                "The homeserver did not confirm the account of the token: \(refusal.summary); check user and the token")
        case .failed(let reason, _): self.retry(reason)
        }
    }

    /// Handles a refusal that rejects the token or the account; returns false for any other.
    mutating func handleRejection(_ refusal: MatrixRefusal) -> Bool {
        if refusal.isAccountClosed {
            self.refuse(self.closed(refusal))
            return true
        }
        if refusal.code == "M_USER_LOCKED" {
            self.isSignedIn = false
            self.retry("The account \(self.settings.user) is locked by the homeserver's administrator", after: 300_000)
            return true
        }
        guard refusal.isUnknownToken else { return false }
        self.isSignedIn = false
        guard case .password = self.settings.credential, let device = self.memory.device else {
            // A server in trouble may forget tokens for a moment: one that worked in this run is retried soon, once.
            let isSoon = self.hasWorked
            self.hasWorked = false
            self.refuse(
                "The homeserver does not know the access token of \(self.settings.user), which may have been revoked; "
                    + "create a new one and set access_token", isSoon: isSoon)
            return true
        }
        if refusal.isSoftLogout, let refresh = device.refresh {
            self.batch = nil
            self.request(.refresh(refresh.reveal()))
            return true
        }
        // Only a soft logout keeps the device on the server. The sync position belongs to the account and stays valid.
        self.forgetDevice(keeping: refusal.isSoftLogout && self.encrypts ? device.id : nil)
        if !refusal.isSoftLogout {
            self.log(.warning, "The device \(device.id) was signed out on the homeserver; signing in again")
        }
        self.retry("The homeserver requires a new login")
        return true
    }

    private mutating func finishSignIn(device: String?) {
        self.isSignedIn = true
        if self.encrypts, let device { self.act(.openKeys(device: device)) }
        self.request(.displayName(of: self.settings.user))
    }

    mutating func receiveDisplayName(_ answer: MatrixAnswer) {
        if case .success(let json) = answer, let name = json["displayname"]?.stringValue, !name.isEmpty {
            self.incoming.displayName = name
        }
        self.request(.mediaLimit)
    }

    mutating func receiveMediaLimit(_ answer: MatrixAnswer) {
        if case .success(let json) = answer, let size = json["m.upload.size"]?.intValue, size > 0 {
            // An upload is held in memory, so the limit is at most 100 MiB.
            self.uploadLimit = min(size, 100 << 20)
        }
        self.requestSync(isWaiting: false)
    }
}

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
            self.forgetDevice(keeping: self.encrypts ? self.memory.device?.id : nil)
            self.retry("The homeserver requires a new login")
        case .failed(let reason, _): self.retry(reason)
        }
    }
}
