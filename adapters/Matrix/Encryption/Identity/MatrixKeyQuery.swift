package import JSON

/// The answer to `/keys/query`.
package struct MatrixKeyQuery: Sendable {
    /// Of those who were asked for and whose server answered, also when they have no keys.
    package let users: [MatrixUserKeys]
    /// Users whose server did not answer, or who come after too many devices: their lists stay as they were known.
    package let unanswered: [String]

    /// Of all users of an answer: the signatures of each are checked, which takes a second for so many. It is more than
    /// one user can have, so those who are left out are read when they are asked for again.
    private static let deviceLimit = 5 * MatrixUserKeys.deviceLimit

    /// - Parameter account: the own user, whose user-signing key is read too.
    package init(_ answer: JSON, users: [String], account: String) {
        let failures = Set(answer["failures"]?.objectValue?.keys ?? [])
        let isMissing = { (user: String) in
            guard let colon = user.firstIndex(of: ":") else { return false }
            return failures.contains(String(user[user.index(after: colon)...]))
        }
        var (read, unanswered): ([MatrixUserKeys], [String]) = ([], [])
        var left = Self.deviceLimit
        for user in users {
            let devices = answer["device_keys"]?[user]?.objectValue?.count ?? 0
            let count = min(devices, MatrixUserKeys.deviceLimit)
            guard !isMissing(user), count <= left else {
                unanswered.append(user)
                continue
            }
            left -= count
            read.append(MatrixUserKeys(user: user, answer: answer, isOwn: user == account))
        }
        self.users = read
        self.unanswered = unanswered
    }
}
