internal import Chat
internal import Logging

/// `login` and `logout`: a person's own account at GitHub.
extension Conversation {
    func signIn(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let message = stored.message
        guard argument.isEmpty else {
            let text = SignInTexts.pastedToken(page: self.context.accounts?.tokensPage, sign: sign)
            return try await self.reply(to: stored, with: text)
        }
        guard message.isDirect else {
            return try await self.reply(to: stored, with: SignInTexts.onlyDirect(.login, sign: sign))
        }
        guard let accounts = self.context.accounts else {
            return try await self.reply(to: stored, with: SignInTexts.unavailable)
        }
        let person = message.sender.id
        switch await accounts.invite(person) {
        case .failed(let text): return try await self.reply(to: stored, with: sign.completing(text))
        case .code(let id, let code, let address, let lifetime):
            let now = self.environment.now()
            let text = SignInTexts.invitation(code: code, address: address, lifetime: lifetime)
            let submission = try await self.reply(to: stored, with: text) { ledger, session in
                try ledger.insert(PersonSignIn(id: id, person: person, session: session.id), at: now)
            }
            if let session = try await self.storedSession() {
                await accounts.wait(for: PersonSignIn(id: id, person: person, session: session.id))
            }
            return submission
        }
    }

    func signOut(_ stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard stored.message.isDirect else {
            return try await self.reply(to: stored, with: SignInTexts.onlyDirect(.logout, sign: sign))
        }
        guard let accounts = self.context.accounts else {
            return try await self.reply(to: stored, with: SignInTexts.unavailable)
        }
        let text: String
        do {
            let wasSignedIn = try await accounts.signOut(stored.message.sender.id)
            text = wasSignedIn ? SignInTexts.signedOut : SignInTexts.notSignedIn
        } catch {
            text = SignInTexts.cannotSignOut(error)
        }
        return try await self.reply(to: stored, with: text)
    }

    /// The line about the person's account at GitHub, for direct messages only; nil on hosts without GitHub.
    func accountLine(for stored: StoredMessage) async -> String? {
        guard stored.message.isDirect, stored.role.map({ $0 >= CommandName.login.role }) == true,
            let accounts = self.context.accounts
        else { return nil }
        return SignInTexts.account(await accounts.summary(of: stored.message.sender.id))
    }
}
