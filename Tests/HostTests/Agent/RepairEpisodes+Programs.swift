import JSON

/// Repositories in Python and JavaScript.
extension RepairEpisode {
    static let all = Self.shell + Self.awk + Self.perl + Self.python + Self.javaScript

    static let python = [
        RepairEpisode(
            name: "py-median",
            files: [
                "median.py": "def median(numbers):\n    return sorted(numbers)[len(numbers) // 2 - 1]\n",
                "test_median.py": """
                import unittest
                from median import median
                class MedianTest(unittest.TestCase):
                    def test_odd(self): self.assertEqual(median([9, 1, 5]), 5)
                unittest.main()

                """,
            ],
            test: "python3 -B test_median.py",
            repair: [Self.read("median.py"), Self.edit("median.py", " // 2 - 1]", " // 2]")],
            subject: "Take the middle number",
            diff: """
                --- a/median.py
                +++ b/median.py
                -    return sorted(numbers)[len(numbers) // 2 - 1]
                +    return sorted(numbers)[len(numbers) // 2]
                """),
        RepairEpisode(
            name: "py-roman",
            files: [
                ".gitignore": "__pycache__/\n",
                "roman/__init__.py": """
                DIGITS = [(10, "X"), (5, "V"), (4, "IV"), (1, "I")]
                def roman(number):
                    text = ""
                    for value, letters in DIGITS:
                        while number >= value:
                            text += letters
                            number -= value
                    return text

                """,
                "test.py": "from roman import roman\nassert roman(19) == 'XIX', roman(19)\n",
            ],
            // Leaves __pycache__, which is ignored.
            test: "python3 test.py",
            repair: [Self.edit("roman/__init__.py", "(10, \"X\"), (5", "(10, \"X\"), (9, \"IX\"), (5")],
            subject: "Write 9 as IX",
            diff: """
                --- a/roman/__init__.py
                +++ b/roman/__init__.py
                -DIGITS = [(10, "X"), (5, "V"), (4, "IV"), (1, "I")]
                +DIGITS = [(10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
                """),
        RepairEpisode(
            name: "py-tax",
            files: [
                "shop.py": "from rates import TAX\n\ndef price(net):\n    return round(net + TAX, 2)\n",
                "test.py": "from shop import price\nassert price(10) == 12.0, price(10)\n",
            ],
            test: "python3 -B test.py",
            repair: [
                Self.patch(
                    """
                    *** Begin Patch
                    *** Add File: rates.py
                    +TAX = 0.2
                    *** Update File: shop.py
                    @@ def price(net):
                    -    return round(net + TAX, 2)
                    +    return round(net * (1 + TAX), 2)
                    *** End Patch
                    """)
            ],
            subject: "Add the rate and multiply by it",
            diff: """
                --- /dev/null
                +++ b/rates.py
                +TAX = 0.2
                --- a/shop.py
                +++ b/shop.py
                -    return round(net + TAX, 2)
                +    return round(net * (1 + TAX), 2)
                """),
    ]

    static let javaScript = [
        RepairEpisode(
            name: "js-mean",
            files: [
                "mean.js": "module.exports = (list) => list.reduce((a, b) => a + b) / 2;\n",
                "test.js": "require('assert').strictEqual(require('./mean')([1, 2, 6]), 3);\n",
            ],
            test: "node test.js", repair: [Self.read("mean.js"), Self.edit("mean.js", "/ 2;", "/ list.length;")],
            subject: "Divide by the length",
            diff: """
                --- a/mean.js
                +++ b/mean.js
                -module.exports = (list) => list.reduce((a, b) => a + b) / 2;
                +module.exports = (list) => list.reduce((a, b) => a + b) / list.length;
                """),
        RepairEpisode(
            name: "js-clock",
            files: [
                "clock.js": """
                function two(number) {
                  return String(number);
                }

                exports.clock = (minutes) => {
                  const hours = minutes / 60;
                  return two(hours) + ":" + two(minutes % 60);
                };

                """,
                "test.js": "require('assert').strictEqual(require('./clock').clock(65), '01:05');\n",
            ],
            test: "node test.js",
            repair: [
                Self.patch(
                    """
                    --- a/clock.js
                    +++ b/clock.js
                    @@ -1,3 +1,3 @@
                     function two(number) {
                    -  return String(number);
                    +  return String(number).padStart(2, "0");
                     }
                    @@ -5,2 +5,2 @@
                     exports.clock = (minutes) => {
                    -  const hours = minutes / 60;
                    +  const hours = Math.floor(minutes / 60);

                    """)
            ],
            subject: "Write whole hours with two digits",
            diff: """
                --- a/clock.js
                +++ b/clock.js
                -  return String(number);
                +  return String(number).padStart(2, "0");
                -  const hours = minutes / 60;
                +  const hours = Math.floor(minutes / 60);
                """),
        RepairEpisode(
            name: "js-range",
            files: [
                "index.js": "module.exports = require('./lib/range');\n",
                "lib/range.js": "module.exports = (n) => [...Array(n).keys()];\n",
                "lib/range.json": "[]\n",
                "test/all.js": """
                const fs = require("fs");
                require("assert").deepStrictEqual(require("..")(3), [1, 2, 3]);
                if (fs.existsSync("lib/range.json")) throw new Error("range.json is not used");

                """,
            ],
            test: "node test/all.js",
            repair: [
                Self.patch(
                    """
                    *** Begin Patch
                    *** Delete File: lib/range.json
                    *** Update File: lib/range.js
                    @@
                    -module.exports = (n) => [...Array(n).keys()];
                    +module.exports = (n) => [...Array(n).keys()].map((i) => i + 1);
                    *** End Patch
                    """)
            ],
            subject: "Count from one",
            diff: """
                --- a/lib/range.js
                +++ b/lib/range.js
                -module.exports = (n) => [...Array(n).keys()];
                +module.exports = (n) => [...Array(n).keys()].map((i) => i + 1);
                --- a/lib/range.json
                +++ /dev/null
                -[]
                """),
    ]
}
