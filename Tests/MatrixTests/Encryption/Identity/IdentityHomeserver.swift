import Crypto
import HTTP
import JSON
import Olm
import Primitives

@testable import Matrix

/// A homeserver's part in the identity of one account, and the disk of the host, both of which outlive crashes.
final class IdentityHomeserver: Sendable {
    struct Crash: Error {}

    struct State {
        var device: JSON
        var keys: [String: JSON] = [:]
        var accountData: [String: JSON] = [:]
        var backups: [JSON] = []
        var record = MatrixIdentityRecord()
        var preparedKey: MatrixRecoveryKey?
        var recoveryKey: MatrixRecoveryKey?
        var steps = 0
        /// The step after which the process ends.
        var lastStep = Int.max
        var losesSignatures = false
        var asksForPassword = false
    }

    let identity: MatrixTestIdentity
    let state: Protected<State>
    static let password = "password"

    init(recoveryKey: MatrixRecoveryKey? = nil) {
        self.identity = MatrixTestIdentity("@bot:example.org")
        self.state = Protected(State(device: self.identity.deviceJSON, recoveryKey: recoveryKey))
    }

    /// The server and the recovery key's file stay, the data directory and the device are new.
    init(rebuilding other: IdentityHomeserver) {
        self.identity = MatrixTestIdentity("@bot:example.org", device: "SECOND")
        var state = other.state.withLock { $0 }
        state.device = self.identity.deviceJSON
        state.record = MatrixIdentityRecord()
        self.state = Protected(state)
    }

    subscript<Value>(path: any KeyPath<State, Value> & Sendable) -> Value where Value: Sendable {
        self.state.withLock { $0[keyPath: path] }
    }

    func setup(password: String? = IdentityHomeserver.password) -> MatrixIdentitySetup {
        var store = MatrixIdentityStore(
            load: { self.state.withLock { $0.record } },
            save: { record in try self.step { $0.record = record } })
        if self.state.withLock({ $0.recoveryKey != nil }) {
            store.prepareRecoveryKey = { key in try self.step { $0.preparedKey = key } }
            store.activateRecoveryKey = { key in try self.step { $0.recoveryKey = key } }
        }
        return MatrixIdentitySetup(
            user: self.identity.user, device: self.identity.device, ed25519: self.identity.deviceKey.publicKey,
            curve25519: self.identity.curve25519, password: password.map(Secret.init),
            recoveryKey: self.state.withLock { $0.recoveryKey }, store: store,
            call: { request in
                try self.step { state -> MatrixAnswer in
                    // The server sees a recovery key only after its file has it.
                    if request.path.contains(MatrixSecretStorage.defaultKey), request.method == .put,
                        let key = state.recoveryKey,
                        request.body?["key"]?.stringValue != MatrixSecretStorage(of: key).keyID
                    {
                        return .refused(MatrixRefusal(status: 400, code: "TEST", text: "the key is in no file"))
                    }
                    return self.answer(request, &state)
                }
            })
    }

    /// Does something lasting; the process may end right after it.
    private func step<Value: Sendable>(_ body: (inout State) -> Value) throws -> Value {
        let (value, isLast) = self.state.withLock { state in
            state.steps += 1
            return (body(&state), state.steps == state.lastStep)
        }
        if isLast { throw Crash() }
        return value
    }

    private func answer(_ request: MatrixRequest, _ state: inout State) -> MatrixAnswer {
        let missing = MatrixAnswer.refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
        let path = request.path.dropFirst(3)
        let user = self.identity.user
        if path.starts(with: ["keys", "query"]) {
            var answer: JSONObject = [
                "device_keys": .object([user: .object([self.identity.device: state.device])])
            ]
            for (name, key) in state.keys { answer["\(name)s"] = .object([user: key]) }
            return .success(.object(answer))
        }
        if path.starts(with: ["keys", "device_signing"]) { return self.upload(request.body ?? .null, &state) }
        if path.starts(with: ["keys", "signatures"]) {
            guard !state.losesSignatures else { return .success(["failures": [:]]) }
            let signatures = request.body?[user]?[self.identity.device]?["signatures"]?[user]?.objectValue ?? [:]
            for (id, signature) in signatures {
                state.device = MatrixSigned.adding(
                    signature.stringValue ?? "", to: state.device, user: user, keyID: id)
            }
            return .success(["failures": [:]])
        }
        if path.starts(with: ["user"]), let type = path.last {
            guard request.method == .put else { return state.accountData[type].map { .success($0) } ?? missing }
            state.accountData[type] = request.body
            return .success([:])
        }
        guard path.starts(with: ["room_keys", "version"]) else { return missing }
        guard request.method == .post else { return state.backups.last.map { .success($0) } ?? missing }
        let version = JSON.string(String(state.backups.count + 1))
        state.backups.append(replacing(request.body ?? [:], ["version"], with: version))
        return .success(["version": version])
    }

    /// A first upload needs no password, other keys do.
    private func upload(_ body: JSON, _ state: inout State) -> MatrixAnswer {
        let names = ["master_key", "self_signing_key", "user_signing_key"]
        let isSame = names.allSatisfy { body[$0] == state.keys[$0] }
        if state.asksForPassword || !state.keys.isEmpty, !isSame {
            guard let auth = body["auth"] else { return .refused(MatrixRefusal(status: 401)) }
            guard auth["password"]?.stringValue == Self.password else {
                return .refused(MatrixRefusal(status: 401, code: "M_FORBIDDEN"))
            }
        }
        for name in names { state.keys[name] = body[name] }
        return .success([:])
    }
}
