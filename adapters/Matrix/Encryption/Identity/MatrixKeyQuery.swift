package import JSON

/// The answer to `/keys/query`.
package struct MatrixKeyQuery: Sendable {
    /// Of those who were asked for and whose server answered, also when they have no keys.
    package let users: [MatrixUserKeys]
    /// Users whose server did not answer: their lists stay as they were known.
    package let unanswered: [String]

    /// - Parameter account: the own user, whose user-signing key is read too.
    package init(_ answer: JSON, users: [String], account: String) {
        let failures = Set(answer["failures"]?.objectValue?.keys ?? [])
        let isMissing = { (user: String) in
            guard let colon = user.firstIndex(of: ":") else { return false }
            return failures.contains(String(user[user.index(after: colon)...]))
        }
        self.unanswered = users.filter(isMissing)
        self.users = users.filter { !isMissing($0) }
            .map { MatrixUserKeys(user: $0, answer: answer, isOwn: $0 == account) }
    }
}
