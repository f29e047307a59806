internal import Copilot
internal import HTTP
internal import Logging

/// What `jetbridge login` and `jetbridge logout` do.
package struct SignIn: Sendable {
    /// What a person has to do.
    package struct Invitation: Sendable {
        package let userCode: String
        package let address: String
        /// In seconds.
        package let expiresIn: Int
        /// The program that put the code into the clipboard, if one did.
        package let copiedBy: String?
    }

    /// What came of it.
    package struct Outcome: Sendable {
        package let host: String
        package let user: String?
        package let plan: String?
        /// The token as people may see it.
        package let maskedToken: String
        /// The file that keeps it.
        package let path: String
        /// Why Copilot does not take the sign-in; nil where it does.
        package let problem: String?
        /// A source that counts more than this sign-in.
        package let stronger: String?
    }

    private let configuration: Configuration
    private let surroundings: Surroundings

    package init(_ configuration: Configuration, surroundings: Surroundings) {
        self.configuration = configuration
        self.surroundings = surroundings
    }

    /// Signs in by the device flow and keeps the token.
    ///
    /// - Parameters:
    ///   - clientID: Instead of the configured one.
    ///   - copies: Whether the code may be put into the clipboard.
    package func logIn(
        clientID: String?, copies: Bool, show: @escaping @Sendable (Invitation) async throws -> Void
    ) async throws -> Outcome {
        let settings = SignInParts.settings(for: self.configuration)
        let transport = SignInParts.transport(for: self.configuration)
        let clientID = try self.clientID(clientID, settings)
        let environment = self.surroundings.environment
        let signIn = DeviceSignIn(settings, clientID: clientID, transport: transport) { code in
            let copiedBy = copies ? await Clipboard.copy(code.userCode, environment: environment) : nil
            try await show(
                Invitation(
                    userCode: code.userCode, address: code.verificationURL, expiresIn: Int(code.expiresIn.inSeconds),
                    copiedBy: copiedBy))
        }
        return try await self.keep(try await signIn(), clientID: clientID, settings, transport)
    }

    /// Forgets the sign-in of `jetbridge login` and the token that was exchanged. Returns whether there was one, and
    /// the sources that still sign in.
    package func logOut() throws -> (wasThere: Bool, others: [String]) {
        let wasThere = try LoginStore.forget(SignInParts.settings(for: self.configuration))
        let others = SignInParts.discovery(for: self.configuration, surroundings: self.surroundings).findings()
            .filter(\.isUsable).map { "\($0.source)" }
        return (wasThere, others)
    }

    private func keep(
        _ grant: DeviceGrant, clientID: String, _ settings: SignInSettings, _ transport: any ModelTransport
    ) async throws -> Outcome {
        let token = try SignInCheck.token(of: grant)
        let account = await SignInCheck.account(of: token, settings, transport)
        try LoginStore.save(
            StoredLogin(
                host: settings.githubURL.authority, user: account.login, token: token.value,
                renewal: grant.renewal(clientID: clientID, now: Double(WallClock.now()) / 1_000)), settings)
        // Nothing but this sign-in is looked at here.
        var own = settings
        own.token = nil
        let discovery = SignInDiscovery(own, environment: [:], commandLine: nil)
        let copilot = CopilotAccount(
            discovery, transport: transport,
            logger: Logger(label: "copilot", output: LogOutput(level: .error, format: .text, sink: { _ in })))
        var problem: String?
        do {
            _ = try await copilot.token()
        } catch let error as ModelError {
            problem = error.message
        }
        await copilot.close()
        let all = SignInParts.discovery(for: self.configuration, surroundings: self.surroundings).findings()
        let stronger = all.first { $0.isUsable || $0.isBinding }.flatMap { $0.source.kind == .login ? nil : $0 }
        return Outcome(
            host: settings.githubURL.authority, user: account.login, plan: account.plan, maskedToken: token.masked,
            path: "\(settings.folder)/login.json", problem: problem, stronger: stronger.map { "\($0.source)" })
    }

    /// Jetbridge has no app of its own at GitHub that everybody could use, and does not pose as another product.
    private func clientID(_ given: String?, _ settings: SignInSettings) throws(HostError) -> String {
        if let id = given ?? settings.clientID { return id }
        // A stand-in on this machine takes any.
        if settings.githubURL.isLoopback { return "jetbridge" }
        throw HostError(
            "login needs the client id of an app that you register: at \(settings.githubURL.origin)/settings/apps/new "
                + "with the device flow on, then set copilot.client_id; or sign in with 'gh auth login' or an editor's "
                + "Copilot plug-in, which Jetbridge finds by itself (docs/copilot.md).")
    }
}
