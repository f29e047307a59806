internal import EventLoop
package import JSON
internal import Lifecycle
internal import Models
package import Primitives

/// Stores and deletes the sign-in of `jetbridge login`.
package enum LoginStore {
    /// How long a host may take to renew the sign-in, in tenths of a second.
    private static let patience = 300

    /// Replaces the stored sign-in. Waits for a host that is renewing it, whose result would otherwise replace this one.
    /// Throws ``ModelError``.
    package static func replace(with login: StoredLogin, _ settings: SignInSettings) async throws {
        let lock = await Self.lock(settings)
        try Self.save(login, settings)
        _ = consume lock
    }

    /// For those who hold the lock of all processes. Throws ``ModelError``.
    package static func save(_ login: StoredLogin, _ settings: SignInSettings) throws {
        do {
            try PrivateFile.makeFolder(settings.folder)
            try PrivateFile.write(login.bytes, to: settings.loginPath)
        } catch {
            throw ModelError(
                .refused,
                "the sign-in cannot be stored (\(error.message)); free some space, or check the folder's owner.")
        }
    }

    /// Deletes the sign-in and the token that was exchanged for it; returns whether there was a sign-in. Waits for a host
    /// that is renewing it, whose result would otherwise stay. Throws ``ModelError``.
    package static func forget(_ settings: SignInSettings) async throws -> Bool {
        let lock = await Self.lock(settings)
        do {
            let wasThere = try PrivateFile.remove(settings.loginPath)
            try PrivateFile.remove(settings.tokenPath)
            _ = consume lock
            return wasThere
        } catch {
            throw ModelError(.refused, "the sign-in cannot be deleted (\(error.message)); delete it by hand.")
        }
    }

    /// Nil without a folder to lock, or if the lock is held longer than a renewal can take.
    private static func lock(_ settings: SignInSettings) async -> LockFile? {
        for _ in 0..<Self.patience {
            do {
                if let lock = try LockFile.take(settings.lockPath) { return lock }
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                return nil
            }
        }
        return nil
    }
}

/// The sign-in of `jetbridge login`, stored in `login.json`.
package struct StoredLogin: Sendable, Equatable {
    /// The GitHub of the sign-in, `host` or `host:port`.
    package var host: String
    package var user: String?
    package var token: Secret
    /// Only from apps whose tokens expire.
    package var renewal: Renewal?

    /// How to replace a token that expires after a few hours; works only once.
    package struct Renewal: Sendable, Equatable {
        package var refreshToken: Secret
        /// When the token expires, in seconds since 1970.
        package var expiresAt: Int64
        /// The app that the token was issued to.
        package var clientID: String

        package init(refreshToken: Secret, expiresAt: Int64, clientID: String) {
            self.refreshToken = refreshToken
            self.expiresAt = expiresAt
            self.clientID = clientID
        }

        /// Nil where `json` has none.
        package init?(_ json: JSON) {
            guard let refreshToken = json["refresh_token"]?.stringValue, let expiresAt = json["expires_at"]?.intValue,
                let clientID = json["client_id"]?.stringValue
            else { return nil }
            self.init(refreshToken: Secret(refreshToken), expiresAt: Int64(expiresAt), clientID: clientID)
        }

        /// Writes what ``init(_:)`` reads.
        package func write(to object: inout JSONObject) {
            object["refresh_token"] = .string(self.refreshToken.reveal())
            object["expires_at"] = .integer(self.expiresAt)
            object["client_id"] = .string(self.clientID)
        }
    }

    package init(host: String, user: String? = nil, token: Secret, renewal: Renewal? = nil) {
        self.host = host
        self.user = user
        self.token = token
        self.renewal = renewal
    }

    init?(bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let host = json["host"]?.stringValue,
            let token = json["oauth_token"]?.stringValue
        else { return nil }
        self.init(host: host, user: json["user"]?.stringValue, token: Secret(token), renewal: Renewal(json))
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        object["host"] = .string(self.host)
        object["user"] = self.user.map { .string($0) }
        object["oauth_token"] = .string(self.token.reveal())
        self.renewal?.write(to: &object)
        return JSON.object(object).bytes
    }
}
