import Copilot
import HTTP
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: errors", .timeLimit(.minutes(1)))
struct GitHubErrorsTests {
    private typealias Answer = ScriptedTransport.Answer

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let headers: HTTPHeaders
        let code: GitHubError.Code
        /// What the message must contain.
        let says: [String]

        init(
            _ status: Int, _ body: String, _ headers: HTTPHeaders, _ code: GitHubError.Code, _ says: String...
        ) {
            self.init(status, body, headers, code, saying: says)
        }

        init(_ status: Int, _ body: String, _ code: GitHubError.Code, _ says: String...) {
            self.init(status, body, [:], code, saying: says)
        }

        private init(
            _ status: Int, _ body: String, _ headers: HTTPHeaders, _ code: GitHubError.Code, saying says: [String]
        ) {
            self.status = status
            self.body = body
            self.headers = headers
            self.code = code
            self.says = says
        }

        var testDescription: String { "\(self.status) \(self.code)" }
    }

    private static let secretFound = """
        {"message":"Secret detected in content","documentation_url":"https://docs.github.com","status":"422","metadata":\
        {"secret_scanning":{"bypass_placeholders":[{"placeholder_id":"2kj","token_type":"GITHUB_PERSONAL_ACCESS_TOKEN"}]}}}
        """

    static let cases: [Case] = [
        Case(401, #"{"message":"Bad credentials"}"#, .unauthorized, "ghp_…q17", "expired or was revoked", "`login`"),
        Case(
            403, #"{"message":"Must have admin rights to Repository."}"#,
            ["X-OAuth-Scopes": "read:user, gist", "X-Accepted-OAuth-Scopes": "repo"], .missingScope,
            "lacks the scope repo", "sign in again"),
        Case(
            403, #"{"message":"Resource not accessible by personal access token"}"#,
            ["X-Accepted-GitHub-Permissions": "contents=write,workflows=write; contents=write"], .missingScope,
            "lacks the permissions contents: write and workflows: write"),
        Case(
            403, #"{"message":"Resource not accessible by integration"}"#,
            ["X-Accepted-GitHub-Permissions": "pull_requests=write"], .missingScope,
            "lacks the permission pull_requests: write"),
        Case(
            403, #"{"message":"Resource protected by organization SAML enforcement."}"#,
            ["X-GitHub-SSO": "required; url=https://github.com/orgs/o/sso?authorization_request=AZ"], .ssoRequired,
            "single sign-on", "https://github.com/orgs/o/sso?authorization_request=AZ"),
        Case(403, #"{"message":"Repository was archived so is read-only."}"#, .forbidden, "archived", "unarchive"),
        Case(403, #"{"message":"Repository access blocked"}"#, .blocked, "blocks"),
        Case(403, #"{"message":"You are not allowed."}"#, .forbidden, "“You are not allowed”", "ask an owner"),
        Case(
            404, #"{"message":"Not Found"}"#, .notFound, "does not exist, or the token may not see it", "check the name"
        ),
        Case(
            404, #"{"message":"Not Found"}"#, ["X-OAuth-Scopes": "", "X-Accepted-OAuth-Scopes": "repo"], .missingScope,
            "lacks the scope repo"),
        Case(409, #"{"message":"Git Repository is empty."}"#, .emptyRepository, "no commit yet", "README.md"),
        Case(409, #"{"message":"a.md does not match 12ab"}"#, .conflict, "changed by someone else"),
        Case(410, #"{"message":"Issues are disabled for this repo"}"#, .gone, "“Issues are disabled for this repo”"),
        Case(
            422, #"{"message":"Reference already exists","documentation_url":"x"}"#, .alreadyExists, "exists already"),
        Case(
            422,
            #"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for octo:x."}]}"#,
            .alreadyExists, "“A pull request already exists for octo:x”"),
        Case(422, #"{"message":"Update is not a fast forward"}"#, .conflict, "someone else pushed first"),
        Case(422, #"{"message":"Reference does not exist"}"#, .notFound, "branch does not exist"),
        Case(
            422,
            #"{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"},"second",{"message":"third"},{"message":"fourth"}]}"#,
            .validation, "“Issue title missing field; second; third; and 1 more”"),
        Case(422, #"{"message":"No commits between main and x","errors":"plain"}"#, .validation, "No commits between"),
        Case(
            422, #"{"message":"Repository rule violations found\n\nChanges must be made through a pull request."}"#,
            .ruleViolation, "a rule of the repository forbids it", "pull request"),
        Case(403, #"{"message":"Protected branch update failed for refs/heads/main."}"#, .ruleViolation, "rule"),
        Case(422, Self.secretFound, .pushProtection, "a secret of the kind GITHUB PERSONAL ACCESS TOKEN", "revoke it"),
        Case(409, Self.secretFound, .pushProtection, "push protection"),
        Case(451, #"{"message":"Repository access blocked"}"#, .blocked, "legal reasons"),
        Case(500, #"{"message":"Server Error"}"#, .unavailable, "“Server Error”"),
        Case(418, #"{"message":"tea"}"#, .badAnswer, "answers 418", "“tea”"),
        Case(503, "<!DOCTYPE html><html><body>Unicorn!</body></html>", .unavailable, "(503); "),
        Case(407, "<html><h1>Proxy</h1></html>", .badAnswer, "answers 407; check github.api_url"),
        Case(400, "plain words", .validation, "“plain words”"),
        Case(422, Self.alike, .validation, "“aaaa", "aaaa…”"),
    ]

    /// Details that each place of a message almost has.
    private static let alike: String = {
        let detail = JSON.string("b" + String(repeating: "a", count: 8_000))
        return JSON(["message": .string(String(repeating: "a", count: 40_000)), "errors": [detail, detail, detail]])
            .text
    }()

    @Test("each refusal names what failed, why, and what to do", arguments: Self.cases)
    func refusals(_ refusal: Case) async throws {
        let rig = try GitHubRig(.json(refusal.body, status: refusal.status, headers: refusal.headers))
        let error = try await rig.failure { try await $0.createBranch("x", at: "a", in: GitHubRig.repository) }
        expectEqual(error.code, refusal.code)
        #expect(error.message.hasPrefix("Creating the branch x in octo/app failed: "))
        for text in refusal.says { #expect(error.message.contains(text)) }
        #expect(!error.message.contains("\n"))
        #expect(error.message.hasSuffix(".") || error.code == .ssoRequired)
        expectEqual(error.status, refusal.status)
    }

    @Test("what is missing and where to act are also values")
    func values() async throws {
        let rig = try GitHubRig(
            .json(
                #"{"message":"Resource not accessible by integration"}"#, status: 403,
                headers: ["X-Accepted-GitHub-Permissions": "contents=write,pull_requests=read"]),
            .json("{}", status: 403, headers: ["X-GitHub-SSO": "required; url=https://github.com/orgs/o/sso?a=b"]))
        let scope = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
        expectEqual(scope.missing, ["contents: write", "pull_requests: read"])
        let sso = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
        expectEqual(sso.url, "https://github.com/orgs/o/sso?a=b")
    }

    @Test("a web page or half an answer in place of JSON is no value")
    func notJSON() async throws {
        for body in ["<html>Welcome to the hotel's network</html>", #"{"full_name":"octo/a"#, "", "[]"] {
            let rig = try GitHubRig(.json(body))
            let error = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
            expectEqual(error.code, .badAnswer)
            #expect(error.message.contains("the server answers 200 with something other than GitHub's API"))
            #expect(error.message.utf8.count < 500)
        }
    }

    @Test("an answer beyond the limit is an error")
    func tooLarge() async throws {
        let rig = try GitHubRig(.json(String(repeating: "x", count: (8 << 20) + 1)))
        let error = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
        expectEqual(error.code, .tooLarge)
    }

    @Test("GraphQL's errors are of the same kinds")
    func graphQL() async throws {
        let cases: [(String, GitHubError.Code)] = [
            (
                #"{"type":"STALE_DATA","message":"Expected branch to point to \"a\" but it did not. Pull and try again."}"#,
                .conflict
            ),
            (
                #"{"type":"NOT_FOUND","message":"Could not resolve to a Repository with the name 'octo/app'."}"#,
                .notFound
            ),
            (#"{"type":"FORBIDDEN","message":"Resource not accessible by integration"}"#, .forbidden),
            (
                #"{"type":"INSUFFICIENT_SCOPES","message":"Your token has not been granted the required scopes. The 'x' field requires one of the following scopes: ['repo', 'public_repo'], but"}"#,
                .missingScope
            ),
            (#"{"type":"UNPROCESSABLE","message":"Repository rule violations found"}"#, .ruleViolation),
            (
                #"{"type":"UNPROCESSABLE","message":"A path was requested for deletion which does not exist"}"#,
                .validation
            ),
            (
                #"{"message":"Field 'createCommitOnBranch' doesn't exist on type 'Mutation'","extensions":{"code":"undefinedField"}}"#,
                .unsupported
            ),
        ]
        for (body, code) in cases {
            let rig = try GitHubRig(.json(#"{"data":{"x":null},"errors":[\#(body)]}"#))
            let error = try await rig.failure { _ = try await $0.graphQL("m", [:], "Committing", isWrite: true) }
            expectEqual(error.code, code)
            if code == .missingScope { expectEqual(error.missing, ["repo"]) }
        }
    }

    @Test("text from a server is one visible line")
    func cleaned() {
        expectEqual(GitHubText.line("a\n\u{202E}b\u{0}\t c\u{200B}\u{1B}[31m"), "a b c [31m")
        expectEqual(GitHubText.line(String(repeating: "x", count: 300)).count, 200)
    }

    @Test("a token in an answer's URL, body or header appears in no error and no log")
    func planted() async throws {
        let lines = Protected<[String]>([])
        let output = LogOutput(level: .trace, format: .json) { bytes in
            lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        let plain = GitHubRig.plainToken
        // Not registered, and with the parts of a newer form.
        let other = "github_pat_" + String(repeating: "A1", count: 11) + "_" + String(repeating: "z9", count: 20)
        for status in [200, 301, 400, 401, 403, 404, 409, 410, 418, 422, 451, 500] {
            let body = #"""
                {"message":"x \#(plain) y\#(plain) https://u:\#(plain)@h/?t=\#(other)","errors":[{"message":"\#(other) ghs_eyJhbGciOiJSUzI1NiJ9.cGF5bG9hZA.c2lnbmF0dXJl"}],
                "full_name":"\#(plain)","metadata":{"secret_scanning":{"bypass_placeholders":[{"token_type":"\#(plain)"}]}}}
                """#
            let headers: HTTPHeaders = [
                "Location": "https://evil.example/?token=\(plain)", "Link": "<https://h/\(plain)>; rel=\"next\"",
                "X-GitHub-SSO": status == 403 ? "required; url=https://github.com/sso?t=\(plain)" : "no",
                "X-Accepted-GitHub-Permissions": plain, "X-Accepted-OAuth-Scopes": plain, "X-OAuth-Scopes": other,
            ]
            let rig = try GitHubRig(
                AnsweringTransport { _, _ in .json(body, status: status, headers: headers) },
                logger: Logger(label: "test", output: output))
            let failure = try? await rig.failure { try await $0.createBranch(plain, at: "a", in: GitHubRig.repository) }
            lines.withLock { $0 += [failure.map { "\($0) \($0.missing) \($0.url ?? "")" } ?? "", "\(rig.client)"] }
            let read = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
            lines.withLock { $0.append("\(read) \(read.missing) \(read.url ?? "") \(String(reflecting: read))") }
        }
        for line in lines.withLock({ $0 }) {
            #expect(!line.contains("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"))
            #expect(!line.contains("z9z9z9"))
            #expect(!line.contains("c2lnbmF0dXJl"))
        }
        #expect(lines.withLock { $0.count } > 48)
    }
}
