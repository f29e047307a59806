internal import EventLoop
internal import Lifecycle
internal import Models

/// Stores and deletes the sign-in of `jetbridge login`.
package enum LoginStore {
    /// Throws ``ModelError``.
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

    /// Deletes the sign-in and the token that was exchanged for it; returns whether there was a sign-in. Throws
    /// ``ModelError``.
    package static func forget(_ settings: SignInSettings) throws -> Bool {
        do {
            let wasThere = try PrivateFile.remove(settings.loginPath)
            try PrivateFile.remove(settings.tokenPath)
            return wasThere
        } catch {
            throw ModelError(.refused, "the sign-in cannot be deleted (\(error.message)); delete it by hand.")
        }
    }
}
