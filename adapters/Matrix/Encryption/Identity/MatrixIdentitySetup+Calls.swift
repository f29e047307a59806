internal import JSON

extension MatrixIdentitySetup {
    /// The account's own keys.
    func query() async throws -> MatrixUserKeys {
        let answer = try await self.ask(.queryKeys(of: [self.user]), to: "read its keys")
        let query = MatrixKeyQuery(answer, users: [self.user], account: self.user)
        guard let keys = query.users.first else {
            throw MatrixIdentityError("the server could not read the keys of its own account")
        }
        return keys
    }

    /// Uploads cross-signing keys, with the password if the server asks for it.
    func upload(_ keys: MatrixCrossSigning) async throws {
        guard let refusal = try await self.refusal(of: .uploadCrossSigning(keys.upload)) else { return }
        guard refusal.status == 401, refusal.code.isEmpty else {
            throw Obstacle(text: "The server refused cross-signing keys: \(refusal.summary).")
        }
        guard let password = self.password else {
            throw Obstacle(
                text: "The server asks for the account's password before it takes new cross-signing keys: "
                    + "run jetbridge matrix reset with the password.")
        }
        let auth = MatrixRequest.passwordAuth(user: self.user, password: password, session: refusal.session)
        guard let second = try await self.refusal(of: .uploadCrossSigning(keys.upload, auth: auth)) else { return }
        throw Obstacle(
            text: second.code == "M_FORBIDDEN"
                ? "The server refused the account's password."
                : "The server asks for more than a password before it takes new cross-signing keys: \(second.summary).")
    }

    /// The answer; a refusal is an obstacle.
    func ask(_ request: MatrixRequest, to purpose: String) async throws -> JSON {
        try Self.json(try await self.answer(to: request), to: purpose)
    }

    /// nil if the server has no such thing.
    func find(_ request: MatrixRequest, to purpose: String) async throws -> JSON? {
        let answer = try await self.answer(to: request)
        // A proxy's 404 has no code and means nothing.
        if case .refused(let refusal) = answer, refusal.code == "M_NOT_FOUND" { return nil }
        return try Self.json(answer, to: purpose)
    }

    private static func json(_ answer: MatrixAnswer, to purpose: String) throws -> JSON {
        switch answer {
        case .success(let json): return json
        case .refused(let refusal):
            throw Obstacle(text: "The server does not let the account \(purpose): \(refusal.summary).")
        case .failed(let reason, _): throw MatrixIdentityError(reason)
        }
    }

    private func refusal(of request: MatrixRequest) async throws -> MatrixRefusal? {
        guard case .refused(let refusal) = try await self.answer(to: request) else { return nil }
        return refusal
    }

    /// An answer that is final.
    private func answer(to request: MatrixRequest) async throws -> MatrixAnswer {
        let answer = try await self.call(request)
        switch answer {
        case .failed(let reason, _): throw MatrixIdentityError(reason)
        case .refused(let refusal)
        where refusal.isPassing || refusal.isStray || !refusal.code.isEmpty && refusal.isUnknownToken:
            throw MatrixIdentityError(refusal.summary, retryAfter: refusal.retryAfter)
        default: return answer
        }
    }
}
