/// A program with a mistake and a test that finds it, for repositories in which nothing fails. Plain `sh`, which every
/// jail has.
struct RehearsalExample {
    let folder: String

    var program: (path: String, text: String) {
        (
            "\(self.folder)/sum.sh",
            """
            # Prints the sum of two numbers.
            sum() {
                echo $(($1 - $2))
            }

            """
        )
    }

    var test: (path: String, text: String) {
        (
            "\(self.folder)/test.sh",
            """
            # Run it as: \(self.command)
            . ./\(self.folder)/sum.sh
            result=$(sum 2 3)
            if [ "$result" = 5 ]; then
                echo "ok: 2 + 3 = 5"
            else
                echo "not ok: 2 + 3 = 5, but sum says $result" >&2
                exit 1
            fi

            """
        )
    }

    var command: String { "sh \(self.folder)/test.sh" }
}
