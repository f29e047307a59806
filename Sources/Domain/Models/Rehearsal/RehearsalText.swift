/// Ready-made pieces of the rehearsal's answers.
enum RehearsalText {
    /// About `characters` characters in paragraphs, with occasional lists, and code blocks on request.
    static func long(characters: Int, hasCode: Bool) -> String {
        var blocks: [String] = []
        var count = 0
        var sentence = 0
        while count < characters {
            let number = blocks.count
            var block: String
            if hasCode, number % 3 == 2 {
                block = self.code(["swift", "python", "bash"][number / 3 % 3])
            } else {
                block = "Paragraph \(number + 1)."
                let left = characters - count
                while block.count < min(420, left) {
                    block += " " + self.sentences[sentence % self.sentences.count]
                    sentence += 1
                }
            }
            count += block.count + 2
            blocks.append(block)
        }
        return blocks.joined(separator: "\n\n")
    }

    /// A code block in `language`.
    static func code(_ language: String) -> String {
        let body =
            switch language {
            case "python":
                """
                def greet(names: list[str]) -> str:
                    # An empty list greets everybody.
                    if not names:
                        return "Hello, world!"
                    return "Hello, " + ", ".join(names) + "!"
                """
            case "bash":
                """
                set -eu
                for file in *.md; do
                    printf '%s: %s lines\\n' "$file" "$(wc -l < "$file")"
                done
                """
            case "javascript", "typescript":
                """
                const greet = (names) =>
                    names.length === 0 ? "Hello, world!" : `Hello, ${names.join(", ")}!`;
                console.log(greet(["Ada", "Alan"]));
                """
            case "c":
                """
                #include <stdio.h>
                int main(void) {
                    puts("Hello, world!");
                    return 0;
                }
                """
            case "go":
                """
                package main
                import "fmt"
                func main() { fmt.Println("Hello, world!") }
                """
            case "rust":
                """
                fn main() {
                    println!("Hello, world!");
                }
                """
            default:
                """
                func greet(_ names: [String]) -> String {
                    // An empty list greets everybody.
                    guard !names.isEmpty else { return "Hello, world!" }
                    return "Hello, " + names.joined(separator: ", ") + "!"
                }
                """
            }
        return "```\(language)\n\(body)\n```"
    }

    static let formatting = """
        ## A heading

        Text can be **bold**, *italic*, ~~struck out~~ and `code`, with a [link](https://example.org/) in it.

        > A quotation
        > of two lines.

        ---
        """

    static let unicode = "Ärger, naïve façade, Ελληνικά, русский, 日本語, 한국어, עברית, العربية, 👩‍👩‍👧‍👦 🇪🇺 👍🏽 e\u{301}."

    private static let sentences = [
        "A message is stored before the network is told that it has arrived.",
        "That is why a restart in the middle of an answer loses nothing that anybody wrote.",
        "Every room has a line of its own, so one slow channel does not hold up the others.",
        "When a network asks for a pause, only the room that it asked for pauses.",
        "Long answers are split where a paragraph ends, and never inside a word.",
        "A fence that is open at such a place is closed, and opened again in the next message.",
        "The model never sees more than fits; what falls out is summarised first.",
        "A summary is shorter than what it stands for, and it says who wanted what.",
        "Whoever asked can stop an answer with one word, and it ends at once.",
        "What was said until then stays, with a mark that it was cut.",
        "Specifications are written to a branch of their own, one commit a step.",
        "The link under an answer opens the commit, with every line that changed.",
        "Numbers say more than adjectives: how many, how long, how often.",
        "A limit that is written down can be tested; a feeling cannot.",
        "People read the first line and the last one, so both should be worth it.",
        "Good names make comments unnecessary, and good comments give reasons.",
    ]
}
