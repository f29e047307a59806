package import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Primitives

extension MatrixAdapter: DiagnosingAdapter {
    /// The maximum number of rooms checked for encryption.
    private static let roomLimit = 100

    package func diagnose() async -> [AdapterFinding] {
        do {
            try await self.discover()
            if let finding = try await self.checkServer() { return [finding] }
            var findings: [AdapterFinding] = []
            let memory = await self.loadedMemory()
            let (login, loginFinding) = try await self.checkLogin(memory)
            findings.append(loginFinding)
            guard let login else { return findings }
            findings += try await self.checkRooms(login.token)
            if let pace = self.state.withLock({ $0.machine.budget.pace }) ?? memory?.pace {
                findings.append(Self.limitFinding(pace, self.settings.user))
            }
            if login.isOwn { _ = try await self.transport.send(.logout, token: login.token) }
            return findings
        } catch {
            return [.failed("The check was interrupted; run it again")]
        }
    }

    /// Finds the homeserver's API as a connection does. The later checks report any failure.
    func discover() async throws {
        var machine = MatrixStateMachine(settings: self.settings, answersInvitations: false, at: AdapterTime.now)
        var queue = machine.handle(.begin, at: AdapterTime.now)[...]
        while let action = queue.popFirst() {
            switch action {
            case .use(let homeserver): self.transport.use(homeserver)
            case .request(let request) where [.versions, .wellKnown].contains(request.purpose):
                let answer = try await self.transport.send(request, token: nil)
                queue += machine.handle(.answer(request.purpose, answer), at: AdapterTime.now)
            default: break
            }
        }
    }

    /// What a connection has remembered.
    func loadedMemory() async -> MatrixMemory? {
        let account = MatrixStateMachine.account(self.settings)
        return (await self.memory.load()).flatMap { MatrixMemory(bytes: $0, account: account) }
    }

    private func checkServer() async throws -> AdapterFinding? {
        let origin = self.settings.homeserver.origin
        let hint = "set homeserver to the base_url in /.well-known/matrix/client of your server name"
        switch try await self.transport.send(.versions, token: nil) {
        case .success(let json) where json["versions"]?.arrayValue != nil: return nil
        case .success: return .failed("\(origin) is not a Matrix homeserver; \(hint)")
        case .refused(let refusal) where refusal.isPassing:
            return .failed(
                "\(origin) answers \(refusal.summary); check that the homeserver behind the proxy is running")
        case .refused(let refusal):
            return .failed("\(origin) is not a Matrix homeserver (\(refusal.summary)); \(hint)")
        case .failed(let reason, _):
            return .failed("\(origin) cannot be reached: \(reason); check homeserver and the network")
        }
    }

    // MARK: Login

    private struct Login {
        let token: Secret
        /// Created for this check and logged out after it.
        let isOwn: Bool
    }

    private func checkLogin(_ memory: MatrixMemory?) async throws -> (Login?, AdapterFinding) {
        switch self.settings.credential {
        case .accessToken(let token):
            return try await self.checkToken(
                Login(token: token, isOwn: false), hint: "create a new one and set access_token")
        case .password(let password):
            if let token = memory?.device?.token {
                let (login, finding) = try await self.checkToken(
                    Login(token: token, isOwn: false), hint: "the next start signs in again")
                if login != nil { return (login, finding) }
            }
            return try await self.checkPassword(password)
        }
    }

    private func checkToken(_ login: Login, hint: String) async throws -> (Login?, AdapterFinding) {
        let user = self.settings.user
        switch try await self.transport.send(.whoAmI, token: login.token) {
        case .success(let json):
            let owner = json["user_id"]?.stringValue ?? ""
            guard owner == user else {
                return (nil, .failed("The token belongs to \(owner) and not to \(user); correct user or the token"))
            }
            return (login, .ok("Signed in as \(user)"))
        case .refused(let refusal) where refusal.isUnknownToken:
            return (nil, .failed("The homeserver does not know the access token of \(user); \(hint)"))
        case .refused(let refusal):
            return (nil, .failed("The homeserver refuses \(user): \(refusal.summary)"))
        case .failed(let reason, _): return (nil, .failed(reason))
        }
    }

    /// Logs in as a separate device: a login as the bot's device would sign the running bot out.
    private func checkPassword(_ password: Secret) async throws -> (Login?, AdapterFinding) {
        let user = self.settings.user
        let request = MatrixRequest.login(
            user: user, password: password.reveal(), device: self.settings.deviceID + "-DOCTOR")
        switch try await self.transport.send(request, token: nil) {
        case .success(let json):
            guard let token = json["access_token"]?.stringValue else {
                return (nil, .failed("The homeserver accepted the password of \(user) but returned no access token"))
            }
            return (Login(token: Secret(token), isOwn: true), .ok("The password of \(user) works"))
        case .refused(let refusal) where refusal.code == "M_FORBIDDEN":
            return (nil, .failed("The homeserver refuses the password of \(user); correct the secret"))
        case .refused(let refusal) where refusal.isRateLimit:
            return (nil, .warning("The homeserver limits how often \(user) can sign in; try again later"))
        case .refused(let refusal):
            return (nil, .failed("\(user) cannot sign in by password (\(refusal.summary)); set access_token instead"))
        case .failed(let reason, _): return (nil, .failed(reason))
        }
    }

    // MARK: Rooms

    private func checkRooms(_ token: Secret) async throws -> [AdapterFinding] {
        guard case .success(let json) = try await self.transport.send(.joinedRooms, token: token) else { return [] }
        let rooms = (json["joined_rooms"]?.arrayValue ?? []).compactMap(\.stringValue).filter { $0.hasPrefix("!") }
        guard !rooms.isEmpty else {
            return [
                .warning(
                    "The bot is in no room; from an account in the access lists, invite \(self.settings.user) to one or "
                        + "start a direct chat with it")
            ]
        }
        var findings: [AdapterFinding] = []
        guard !self.settings.encryption.isEnabled else {
            return [.ok("In \(rooms.count.counted("room"))")]
        }
        for room in rooms.prefix(Self.roomLimit) {
            guard case .success = try await self.transport.send(.encryption(of: room), token: token) else { continue }
            findings.append(
                .warning(
                    "\(room) is encrypted, and encryption is switched off for this bot: it does not read or write there"
                ))
        }
        let served = rooms.count - findings.count
        return findings + [.ok("In \(served.counted("room")) without encryption")]
    }

    private static func limitFinding(_ pace: MatrixPace, _ user: String) -> AdapterFinding {
        let perMinute = max(1, 60_000 / pace.interval)
        return .warning(
            "The homeserver lets \(user) send about \(perMinute) events a minute, edits included; ask its administrator "
                + "to lift the limit: POST /_synapse/admin/v1/users/\(user)/override_ratelimit "
                + "{\"messages_per_second\":0,\"burst_count\":0}")
    }
}
