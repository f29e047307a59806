import Testing

@testable import Etiquette

@Suite("Secrets in what was said beside a question")
struct SecretWordsTests {
    private static let token = "ghp_" + String(repeating: "a1", count: 18)
    private static let hex = String(repeating: "0f", count: 20)

    @Test(
        "tokens and pairing codes are hidden, wherever the call to the bot stands",
        arguments: [
            ("login \(token)", "login …"), ("@jetbridge login \(token)", "@jetbridge login …"),
            ("jetbridge: login \(hex)", "jetbridge: login …"), ("/login@jetbot \(hex)", "/login@jetbot …"),
            ("/login anything else", "/login … …"), ("jetbridge: /login  x", "jetbridge: /login  …"),
            ("my token is `\(token)`, is that bad?", "my token is … is that bad?"),
            ("@jetbridge login my token \(token) thanks", "@jetbridge login my token … thanks"),
            ("pair 7KQM-X2PD", "pair …"), ("@jetbridge pair 7kqm-x2pd", "@jetbridge pair …"),
            ("!pair 7KQM X2PD now, it is for the two of us here", "!pair … … now, it is for the two of us here"),
            ("Pair:7KQMX2PD", "…"), ("!pair:7KQM-X2PD", "…"), ("/pair7KQMX2PD", "…"), ("(pair:7KQM-X2PD)", "…"),
            ("pairing:7KQM-X2PD", "…"), ("jetbridge: login:\(token)", "jetbridge: …"),
            ("pairing code 7KQM-X2PD please", "pairing code … please"),
            ("7KQM-X2PD", "…"), ("@jetbridge 7KQM-X2PD", "@jetbridge …"),
            ("one\ntwo \(token)\nthree", "one\ntwo …\nthree"),
        ])
    func hidden(text: String, expected: String) {
        #expect(SecretWords.hidden(in: text, sign: "/") == expected)
    }

    @Test(
        "all else stays",
        arguments: [
            "", "the login page is broken", "login fails since \(hex.prefix(12))", "3e5f7a9b", "fixed in 3e5f7a9b",
            "\(hex)", "pair programming at 10:30?", "a pair of shoes", "ghp_ is the prefix", "/logins", "ok",
            String(repeating: "e\u{301}", count: 1 << 20), String(repeating: "pair ", count: 1 << 17),
        ])
    func others(text: String) { #expect(SecretWords.hidden(in: text, sign: "/") == nil) }
}
