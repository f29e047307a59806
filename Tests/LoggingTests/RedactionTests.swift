import JSON
import Logging
import Primitives
import Testing

/// Every form of secret that must never leak, with the part that identifies it.
struct PlantedSecret: CustomTestStringConvertible {
    let name: String
    let text: String
    let secret: String

    var testDescription: String { self.name }

    private static let letters = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"

    private static func token(_ name: String, _ token: String) -> PlantedSecret {
        PlantedSecret(name: name, text: token, secret: String(token.dropFirst(4)))
    }

    static let all: [PlantedSecret] =
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_11AA0_", "sk-", "sk-proj-", "syt_"].map {
            Self.token($0, $0 + Self.letters)
        }
        + ["b", "p", "a", "r", "s", "c", "d", "e"].map { Self.token("xox\($0)", "xox\($0)-1234567890-\(Self.letters)") }
        + [
            Self.token("xapp", "xapp-1-A01-\(Self.letters)"),
            Self.token("rotating", "xoxe.xoxp-1-\(Self.letters)"),
            Self.token("amazon", "AKIAIOSFODNN7EXAMPLE"),
            Self.token("web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"),
            Self.token("copilot", "tid=a1b2c3d4;exp=1700000000;sku=free;st=dotcom;8kp=1:0f1e2d3c4b5a"),
            Self.token("jetbridge", "jb_\(Self.letters)"),
            Self.token("telegram", "1234567890:AAF\(Self.letters)"),
            .init(
                name: "telegram path", text: "https://api.telegram.org/bot123456789:AA\(Self.letters)/getMe",
                secret: Self.letters),
            .init(name: "bearer", text: "Bearer opaque.value~1/x+y=", secret: "opaque.value"),
            .init(name: "bearer in small letters", text: "bearer \(Self.letters)", secret: Self.letters),
            .init(name: "header", text: "Authorization: Basic dXNlcjpwYXNz", secret: "dXNlcjpwYXNz"),
            .init(name: "short header", text: "authorization: Bearer abc", secret: "abc"),
            .init(name: "token scheme", text: "AUTHORIZATION: token x9", secret: "x9"),
            .init(
                name: "proxy header", text: "Proxy-Authorization: Digest u=\"x\", response=\"f00d\"", secret: "u=\"x"),
            .init(name: "cookie", text: "Cookie: session=f00dcafe; a=b", secret: "f00dcafe"),
            .init(name: "header as JSON", text: #"{"Authorization":"Bearer a\"b.c"}"#, secret: "b.c"),
            .init(name: "JSON in JSON", text: #""{\"access_token\":\"f00d\",\"x\":1}""#, secret: "f00d"),
            .init(name: "password pair", text: "password=hunter2&next", secret: "hunter2"),
            .init(name: "password in words", text: "PASSWORD: hunter2", secret: "hunter2"),
            .init(name: "quoted password", text: #"password="hun ter2""#, secret: "ter2"),
            .init(name: "environment", text: "OPENAI_API_KEY=f00dcafe", secret: "f00dcafe"),
            .init(name: "query", text: "/x?access_token=f00dcafe&y=1", secret: "f00dcafe"),
            .init(name: "token pair", text: "token=f00dcafe", secret: "f00dcafe"),
            .init(name: "URL", text: "postgres://me:hunter2@db.example/x", secret: "hunter2"),
            .init(
                name: "private key",
                text: "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIB\nAAKCAQ\n-----END RSA PRIVATE KEY-----",
                secret: "MIIEowIB"),
            .init(name: "cut private key", text: "-----BEGIN PRIVATE KEY-----\nMIIEvQIB\n", secret: "MIIEvQIB"),
            .init(
                name: "OpenSSH key",
                text: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----",
                secret: "b3BlbnNz"),
        ]
}

@Suite("Redaction")
struct RedactionTests {
    @Test("a planted secret never leaks into the log", arguments: PlantedSecret.all)
    func plantedSecrets(_ planted: PlantedSecret) {
        let lines = Protected("")
        for format in LogFormat.allCases {
            let output = LogOutput(level: .trace, format: format) { line in
                lines.withLock { $0 += String(decoding: line, as: UTF8.self) }
            }
            for text in [planted.text, "before \(planted.text)", "(\(planted.text)", "é\n\(planted.text)\nafter"] {
                let logger = Logger(label: "test", metadata: ["meta": .string(text)], output: output)
                logger.info(text)
                logger.with(["more": .string(text)]).error("x", [text: "key", "deep": [["list": [.string(text)]]]])
                logger.debug("json", ["body": .string(JSON.string(text).text)])
                logger.debug("twice", ["body": .string(JSON.string(JSON.string(text).text).text)])
                logger.debug("in a query", ["url": .string("/x?q=%20\(text)")])
                Logger(label: text, output: output).trace("y")
            }
        }
        let all = lines.withLock { $0 }
        let leaks = all.split(separator: "\n").filter { $0.contains(planted.secret) }
        #expect(leaks.isEmpty, "\(leaks.joined(separator: "\n"))")
        #expect(all.contains("<redacted>"))
        #expect(!Redaction.redact("error: \(planted.text)").contains(planted.secret))
    }

    @Test(
        "text that only resembles a secret stays",
        arguments: [
            "task-force and disk-usage", "sk-SK", "the bearer of news", "ghost_writer", "unexpected token: }",
            "a 12:30:45 b",
            "tid=", "no secret: none", "alice!a@host", "http://127.0.0.1:8787/r/x", "https://example.org:443/@me",
            "api_key: {env: OPENAI_API_KEY}", "-----BEGIN CERTIFICATE-----", "max_tokens=100", "eyJ is short",
            "1234567890:short", "<redacted>", "password=<redacted>", "AKIA", "xoxo", "==::--", "",
        ])
    func harmless(_ text: String) {
        #expect(Redactor().redact(text) == text)
    }

    @Test("the text around a secret stays")
    func surroundings() {
        let redactor = Redactor()
        #expect(redactor.redact("a ghp_abcdef12 b sk-12345678, c") == "a <redacted> b <redacted>, c")
        #expect(redactor.redact("GET /x?token=abc&y=2") == "GET /x?token=<redacted>&y=2")
        #expect(redactor.redact("x://u:p@h/path") == "x://u:<redacted>@h/path")
        #expect(redactor.redact("Authorization: Bearer abc\r\nHost: x") == "Authorization: <redacted>\r\nHost: x")
        #expect(redactor.redact(redactor.redact("Authorization: x")) == "Authorization: <redacted>")
    }

    @Test("a value under a secret's name is redacted entirely, but numbers stay")
    func secretNames() {
        let fields: JSONObject = [
            "Authorization": "x", "password": ["a", ["b": "c"]], "GITHUB_TOKEN": "y", "tokens": 5, "token": 7,
            "api_key": "z",
            "key": "w",
        ]
        let redacted = JSON.object(Redactor().redact(fields)).text
        #expect(
            redacted == #"{"Authorization":"<redacted>","password":["<redacted>",{"b":"<redacted>"}],"#
                + #""GITHUB_TOKEN":"<redacted>","tokens":5,"token":7,"api_key":"<redacted>","key":"w"}"#)
    }

    @Test("a registered value is found in every encoding")
    func registered() {
        var redactor = Redactor()
        redactor.register(Secret("pa ss\"wö/rd+1"))
        redactor.register(Secret("pa ss"))
        redactor.register(Secret("abc"))
        for text in [
            "pa ss\"wö/rd+1", "pa%20ss%22w%C3%B6%2Frd%2B1", #"{"x":"pa ss\"wö/rd+1"}"#, "cGEgc3Mid8O2L3JkKzE=",
        ] {
            let result = redactor.redact("<\(text)>")
            #expect(result.contains("<redacted>"))
            #expect(!result.contains("rd") && !result.contains("ss") && !result.contains("cGEg"), "\(result)")
        }
        #expect(redactor.redact("abc pa ss!") == "abc <redacted>!")
        redactor.unregister(Secret("pa ss"))
        #expect(redactor.redact("pa ss!") == "pa ss!")
        #expect(!redactor.redact("pa ss\"wö/rd+1").contains("rd+"))
    }

    @Test("many secrets in one text are replaced without a copy of it at each", .timeLimit(.minutes(1)))
    func manySecrets() {
        var redactor = Redactor()
        redactor.register(Secret("wxyz"))
        // A copy at each would move some 450 GB.
        let count = 300_000
        let result = redactor.redact(String(repeating: "wxyz", count: count))
        #expect(result.utf8.count == count * "<redacted>".utf8.count && result.hasPrefix("<redacted><redacted>"))
    }

    @Test("a secret that a cut would split is replaced, and the rest of the text left out")
    func cut() {
        var redactor = Redactor()
        let secret = String(repeating: "K", count: 6_000)
        redactor.register(Secret(secret))
        for text in ["ghp_abcdef1234567890", secret] {
            for shift in 0..<12 {
                let start = String(repeating: ".", count: 100 - shift)
                let result = redactor.redact("\(start)\(text) rest", upTo: 100)
                #expect(result == (shift == 0 ? start : start + "<redacted>"))
            }
        }
        #expect(redactor.redact("aé", upTo: 2) == "a")
        #expect(redactor.redact("aé", upTo: 3) == "aé")
        #expect(redactor.redact("token=x y", upTo: 8) == "token=<redacted> ")
    }

    @Test("a record's long text is cut before it is searched for secrets", .timeLimit(.minutes(1)))
    func longRecord() {
        // All of it would take the search minutes.
        let text = String(repeating: "_token=x ", count: 5_000_000)
        let record = LogRecord(time: 0, level: .info, label: "x", message: text, fields: ["t": [.string(text)]])
        let redacted = record.redacted(by: Redactor())
        for cut in [redacted.message, redacted.fields["t"]?[0]?.stringValue ?? ""] {
            #expect(cut.hasPrefix("_token=<redacted> ") && cut.hasSuffix("… (45000000 bytes)"))
            #expect(cut.utf8.count < 9_000)
        }
        let line = String(decoding: redacted.line(.json), as: UTF8.self)
        #expect(line.contains("(45000000 bytes)\"") && !line.contains("_token=x"))
    }

    @Test("the shared registry applies everywhere")
    func sharedRegistry() {
        Redaction.register(Secret("correct horse battery"))
        #expect(Redaction.redact("a correct horse battery b") == "a <redacted> b")
        Redaction.unregister(Secret("correct horse battery"))
    }
}
