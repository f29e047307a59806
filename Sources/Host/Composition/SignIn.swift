internal import Copilot
internal import HTTP
internal import Logging
internal import Models
internal import Primitives

/// The Copilot sign-in and sign-out of `jetbridge login` and `jetbridge logout`.
package struct SignIn: Sendable {
    /// What a person needs to sign in.
    package struct Invitation: Sendable {
        package let userCode: String
        package let address: String
        /// In seconds.
        package let expiresIn: Int
        /// The program that copied the code to the clipboard, if any.
        package let copiedBy: String?
    }

    package struct Outcome: Sendable {
        package let host: String
        package let user: String?
        package let plan: String?
        package let maskedToken: String
        /// The file that stores the token.
        package let path: String
        /// Why Copilot rejects the sign-in; nil if it accepts it.
        package let problem: String?
        /// Another sign-in that takes precedence over this one.
        package let stronger: String?
    }

    private let configuration: Configuration
    private let surroundings: Surroundings

    package init(_ configuration: Configuration, surroundings: Surroundings) {
        self.configuration = configuration
        self.surroundings = surroundings
    }

    /// Signs in with the device flow and stores the token.
    ///
    /// - Parameters:
    ///   - clientID: Overrides the configured client id.
    ///   - copies: Whether to copy the code to the clipboard.
    package func logIn(
        clientID: String?, copies: Bool, show: @escaping @Sendable (Invitation) async throws -> Void
    ) async throws -> Outcome {
        let settings = SignInSetup.settings(for: self.configuration)
        let transport = SignInSetup.transport(for: self.configuration)
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

    /// Deletes the sign-in of `jetbridge login` and the token exchanged for it. Returns whether there was one, and the
    /// other sign-ins that remain in use.
    package func logOut() async throws -> (wasThere: Bool, others: [String]) {
        let wasThere = try await LoginStore.forget(SignInSetup.settings(for: self.configuration))
        let others = SignInSetup.discovery(for: self.configuration, surroundings: self.surroundings).findings()
            .filter(\.isUsable).map { "\($0.source)" }
        return (wasThere, others)
    }

    private func keep(
        _ grant: DeviceGrant, clientID: String, _ settings: SignInSettings, _ transport: any ModelTransport
    ) async throws -> Outcome {
        let token = try SignInCheck.token(of: grant)
        let account = await SignInCheck.account(of: token, settings, transport)
        try await LoginStore.replace(
            with: StoredLogin(
                host: settings.githubURL.authority, user: account.login, token: token.value,
                renewal: grant.renewal(clientID: clientID, now: Double(WallClock.now()) / 1_000)), settings)
        // The check must use only this sign-in.
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
        let all = SignInSetup.discovery(for: self.configuration, surroundings: self.surroundings).findings()
        let stronger = all.first { $0.isUsable || $0.isBinding }.flatMap { $0.source.kind == .login ? nil : $0 }
        return Outcome(
            host: settings.githubURL.authority, user: account.login, plan: account.plan, maskedToken: token.masked,
            path: "\(settings.folder)/login.json", problem: problem, stronger: stronger.map { "\($0.source)" })
    }

    /// Jetbridge has no public app at GitHub and does not pose as another product, so people register their own.
    private func clientID(_ given: String?, _ settings: SignInSettings) throws(HostError) -> String {
        if let id = given ?? settings.clientID { return id }
        // A stand-in on this machine accepts any client id.
        if settings.githubURL.isLoopback { return "jetbridge" }
        throw HostError(
            "login needs the client id of your own app. Register one at \(settings.githubURL.origin)/settings/apps/new "
                + "with the device flow enabled and set copilot.client_id; or sign in with 'gh auth login' or an "
                + "editor's Copilot plug-in, which Jetbridge finds by itself (docs/copilot.md).")
    }
}
