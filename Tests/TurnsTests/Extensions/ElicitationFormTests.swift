import Chat
import Extensions
import JSON
import TestSupport
import Testing

@testable import Turns

@Suite("Questions of servers")
struct ElicitationFormTests {
    private static func form(_ properties: JSON, required: JSON = []) throws -> ElicitationForm {
        try ElicitationForm(
            ExtensionQuestion(
                server: "jira", message: "Which **project**?",
                form: .fields(["type": "object", "properties": properties, "required": required])),
            call: "jira__create, call 1.1, question 1")
    }

    @Test("the first line says which server asks, and its words are data")
    func text() throws {
        let form = try Self.form(["name": ["type": "string"]], required: ["name"])
        #expect(
            form.question.text.hasPrefix(
                "The extension `jira` asks (`jira__create, call 1.1, question 1`), in its own words:\n"
                    + "```\nWhich **project**?\n```"))
        #expect(form.question.text.contains("- `name` (text)") && form.question.options.isEmpty)
    }

    @Test("one choice, or one yes or no, has options, and declines by the last or by no")
    func options() throws {
        let choice = try Self.form(["p": ["type": "string", "enum": ["a", "b"], "enumNames": ["Alpha", "Beta"]]])
        expectEqual(choice.question.options.map(\.label), ["Alpha", "Beta", "Decline"])
        expectEqual(
            choice.answer(.option(key: "B", label: "Beta", comment: nil)), .done(.accept(["p": "b"])))
        expectEqual(choice.answer(.option(key: "C", label: "Decline", comment: nil)), .done(.decline))
        expectEqual(choice.answer(.no(reason: nil)), .done(.decline))
        expectEqual(choice.answer(.expired), .done(.cancel))
        let flag = try Self.form(["ok": ["type": "boolean"]])
        expectEqual(flag.answer(.option(key: "A", label: "Yes", comment: nil)), .done(.accept(["ok": true])))
        expectEqual(flag.answer(.option(key: "B", label: "Answer no", comment: nil)), .done(.accept(["ok": false])))
    }

    @Test("several fields are lines, checked before they are sent")
    func lines() throws {
        let form = try Self.form(
            [
                "name": ["type": "string", "minLength": 2], "count": ["type": "integer", "minimum": 1, "maximum": 9],
                "size": ["type": "number", "default": 1.5], "ok": ["type": "boolean"],
                "tags": ["type": "array", "items": ["type": "string", "enum": ["x", "y"]]],
                "kind": ["type": "string", "oneOf": [["const": "b", "title": "Bug"]]],
            ], required: ["name", "count"])
        expectEqual(
            form.answer(.text("Name: two words\ncount: 3\nok: yes\ntags: x, y\nkind: bug")),
            .done(
                .accept([
                    "name": "two words", "count": 3, "size": 1.5, "ok": true, "tags": ["x", "y"], "kind": "b",
                ])))
        for (text, problem) in [
            ("count: 3", "`name` is missing"), ("name: ab\ncount: 0", "`count` doesn't take `0`"),
            ("name: ab\ncount: 2.5", "`count`"), ("name: a\ncount: 1", "`name`"), ("hello", "names none of the fields"),
            ("name: ab\ncount: 1\ntags: z", "`tags`"),
        ] {
            guard case .wrong(let said) = form.answer(.text(text)) else {
                Issue.record("\(text)")
                continue
            }
            #expect(said.contains(problem), "\(said)")
            #expect(form.again(said).text.hasSuffix(said))
        }
    }

    @Test("one field takes the whole answer, and no fields a yes")
    func single() throws {
        let form = try Self.form(["name": ["type": "string"]])
        expectEqual(form.answer(.text("just: this")), .done(.accept(["name": "just: this"])))
        let none = try Self.form([:])
        expectEqual(none.answer(.text("Yes")), .done(.accept([:])))
    }

    @Test(
        "secrets are never asked for, nor forms that are not flat",
        arguments: [
            (["password": ["type": "string"]], "secret"), (["apiToken": ["type": "string"]], "secret"),
            (["x": ["type": "string", "title": "Access key"]], "secret"),
            (["code": ["type": "string"]], "secret"), (["x": ["type": "string", "format": "password"]], "secret"),
            (["x": ["type": "object"]], "can't be shown"), (["x": ["type": "array"]], "can't be shown"),
        ] as [(JSON, String)])
    func refused(_ properties: JSON, _ reason: String) {
        #expect {
            try Self.form(properties)
        } throws: { error in
            (error as? ElicitationForm.Refused)?.notice.contains(reason) == true
        }
    }

    @Test("an address is shown whole with its host, and opened by the person")
    func address() throws {
        let form = try ElicitationForm(
            ExtensionQuestion(
                server: "jira", message: "Sign in", form: .address("https://good.example@xn--vil-8cd.example/a?b=c")),
            call: "c")
        #expect(form.question.text.contains("```\nhttps://good.example@xn--vil-8cd.example/a?b=c\n```"))
        #expect(form.question.text.contains("Host: `xn--vil-8cd.example`, which has letters of other alphabets"))
        expectEqual(form.answer(.option(key: "A", label: "I have opened it", comment: nil)), .done(.accept(.null)))
        expectEqual(form.answer(.option(key: "B", label: "Decline", comment: nil)), .done(.decline))
    }
}
