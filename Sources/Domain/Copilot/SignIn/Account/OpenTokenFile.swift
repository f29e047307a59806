internal import EventLoop
internal import Lifecycle

/// A token file of Jetbridge that other users could read, for instance after it was copied or restored.
package struct OpenTokenFile: Sendable, Equatable {
    package let path: String
    /// Why its mode could not be changed; nil if it is 0600 now.
    package let error: String?

    /// Takes away others' access to the stored login and token; returns the files that were open to them.
    package static func tightened(in settings: SignInSettings) -> [OpenTokenFile] {
        [settings.loginPath, settings.tokenPath].compactMap { path in
            do throws(SystemError) {
                return try PrivateFile.tighten(path) ? OpenTokenFile(path: path, error: nil) : nil
            } catch {
                return OpenTokenFile(path: path, error: error.message)
            }
        }
    }
}
