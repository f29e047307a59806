internal import EventLoop
internal import Lifecycle
internal import Models

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

    /// Nil without a folder to lock, and where somebody holds the lock for longer than a renewal can take.
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
