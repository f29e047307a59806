/// The encryption keys of one Matrix connection, as `jetbridge matrix` and `doctor` use them.
package protocol MatrixKeyAdministration: Sendable {
    /// What is true now. Asks the server as the bot's device, also while a host serves, and changes nothing; what it does
    /// not answer stays unknown.
    func status() async -> MatrixKeyStatus
    /// Gives the account a new identity and a new backup, and signs the device with it. No host serves meanwhile. Returns
    /// what is true then, in sentences for people.
    func reset() async throws -> String
}
