internal import JSON

/// Push protection: known forms of credentials in new files.
enum GitHubSecrets {
    /// The kind of credential that a text contains.
    static func kind(in bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        if Self.has(text, "ghp_", 36, \.isAlphanumeric) { return "GITHUB_PERSONAL_ACCESS_TOKEN" }
        if ["gho_", "ghu_", "ghs_", "ghr_"].contains(where: { Self.has(text, $0, 36, \.isAlphanumeric) }) {
            return "GITHUB_TOKEN"
        }
        if Self.has(text, "github_pat_", 82, { $0.isAlphanumeric || $0 == "_" }) {
            return "GITHUB_PERSONAL_ACCESS_TOKEN"
        }
        if Self.has(text, "AKIA", 16, { $0.isAlphanumeric && !$0.isLowercase }) { return "AWS_ACCESS_KEY_ID" }
        return nil
    }

    private static func has(
        _ text: String, _ prefix: String, _ count: Int, _ isPart: (Character) -> Bool
    ) -> Bool {
        var rest = text[...]
        while let found = rest.firstRange(of: prefix) {
            rest = rest[found.upperBound...]
            if rest.prefix(count).count(where: isPart) == count { return true }
        }
        return false
    }

    /// The refusal of a file.
    static func problem(_ kind: String, status: Int) -> GitHubProblem {
        var problem = GitHubProblem(
            status,
            "Repository rule violations found\n\nSecret detected in content\n\n")
        problem.more = [
            "documentation_url":
                "https://docs.github.com/code-security/secret-scanning/working-with-secret-scanning-and-push-protection",
            "metadata": [
                "secret_scanning": [
                    "bypass_placeholders": [["placeholder_id": "2Jz5VB9K0Oc7", "token_type": .string(kind)]]
                ]
            ],
        ]
        return problem
    }
}

extension Character {
    fileprivate var isAlphanumeric: Bool { self.isASCII && (self.isLetter || self.isNumber) }
}
