"""Reading a picture as a strict viewer does: where everything in it lies, by the widest of the usual fonts."""
import re
import xml.etree.ElementTree as tree

SVG = "{http://www.w3.org/2000/svg}"
# Advances of DejaVu Sans and its bold, of the characters from blank to tilde, in hundredths of the size.
PLAIN = [32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84,
         84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39,
         34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59,
         52, 64, 34, 64, 84]
BOLD = [35, 46, 52, 84, 70, 100, 87, 31, 46, 46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 84, 84,
        84, 58, 100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 77, 64, 100, 84, 85, 73, 85, 77, 72, 68, 81, 77, 110, 77, 72, 73, 46,
        37, 46, 84, 50, 50, 67, 72, 59, 72, 68, 44, 72, 71, 34, 34, 67, 34, 104, 71, 69, 72, 72, 49, 60, 48, 71, 65, 92, 65, 65,
        58, 71, 37, 71, 84]
STEP = re.compile(r"([MmLlHhVvzZ])|(-?\d*\.?\d+)")


def text_width(text, size, table):
    return sum(table[ord(c) - 32] if " " <= c <= "~" else 100 for c in text) * size / 100


def text_box(element, sizes):
    """sizes: {class: font size}, "" is the usual one."""
    classes = element.get("class", "").split()
    size = next((sizes[c] for c in classes if c in sizes), sizes[""])
    bold = "h" in classes or "e" in classes or len(element)
    width = text_width("".join(element.itertext()), size, BOLD if bold else PLAIN)
    x, y = float(element.get("x")), float(element.get("y"))
    x -= {"start": 0, "middle": width / 2, "end": width}[element.get("text-anchor", "start")]
    return x, y - size * .75, x + width, y + size * .2


def rect_box(element):
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    return x, y, x + float(element.get("width")), y + float(element.get("height"))


def path_points(data):
    """Every point that a path of straight lines goes through."""
    tokens = STEP.findall(data)
    assert not STEP.sub("", data).strip(" ,"), data
    x = y = 0.0
    command, numbers = "M", []
    for letter, number in tokens:
        if letter:
            assert not numbers, data
            command = letter
            continue
        numbers.append(float(number))
        if len(numbers) < (1 if command in "HhVv" else 2):
            continue
        if command in "Hh":
            x = numbers[0] + (x if command == "h" else 0)
        elif command in "Vv":
            y = numbers[0] + (y if command == "v" else 0)
        else:
            x = numbers[0] + (x if command in "ml" else 0)
            y = numbers[1] + (y if command in "ml" else 0)
        command = {"M": "L", "m": "l"}.get(command, command)
        numbers = []
        yield x, y


def path_box(element):
    points = list(path_points(element.get("d")))
    return (min(p[0] for p in points), min(p[1] for p in points), max(p[0] for p in points), max(p[1] for p in points))


def circle_box(element):
    x, y, r = (float(element.get(a)) for a in ("cx", "cy", "r"))
    return x - r, y - r, x + r, y + r


BOXES = {"rect": rect_box, "path": path_box, "circle": circle_box}


class Picture:
    """text: the document's bytes."""

    def __init__(self, text):
        self.root = tree.fromstring(text)
        style = self.root.findtext(SVG + "style")
        self.sizes = {m[1]: int(m[2]) for m in re.finditer(r"\.(\w+)\{font-size:(\d+)px", style)}
        self.sizes[""] = int(re.search(r"^text\{.*?font-size:(\d+)px", style, re.M)[1])
        self.view = [float(n) for n in self.root.get("viewBox").split()]

    def drawn(self):
        """(kind, element, box) of all that is seen."""
        hidden = {e for d in self.root.iter(SVG + "defs") for e in d.iter()}
        for element in self.root.iter():
            kind = element.tag.replace(SVG, "")
            if element in hidden or element.get("width") == "100%":
                continue
            if kind == "text":
                yield kind, element, text_box(element, self.sizes)
            elif kind in BOXES:
                yield kind, element, BOXES[kind](element)

    def texts(self):
        return ["".join(e.itertext()) for kind, e, _ in self.drawn() if kind == "text"]

    def lanes(self):
        """{name: what its Pods were} of the lanes that are drawn one by one."""
        titles = [g.findtext(SVG + "title") for g in self.root.iter(SVG + "g") if g.find(SVG + "title") is not None]
        return dict(t.split(": ", 1) for t in titles)

    def outside(self):
        _, _, width, height = self.view
        return [(e.tag, box) for _, e, box in self.drawn()
                if box[0] < -.01 or box[1] < -.01 or box[2] > width + .01 or box[3] > height + .01]

    def overlaps(self):
        """Words on words."""
        words = [("".join(e.itertext()), box) for kind, e, box in self.drawn() if kind == "text"]
        return [(a, b) for i, (a, p) in enumerate(words) for b, q in words[i + 1:]
                if p[0] < q[2] and q[0] < p[2] and p[1] < q[3] and q[1] < p[3]]

    def bursting(self):
        """Words that do not fit into the box that they stand in: the smallest that holds their middle."""
        drawn = list(self.drawn())
        boxes = [box for kind, _, box in drawn if kind == "rect"]
        for kind, element, (left, top, right, bottom) in drawn:
            x, y = (left + right) / 2, (top + bottom) / 2
            around = [b for b in boxes if kind == "text" and b[0] < x < b[2] and b[1] < y < b[3]]
            if around:
                box = min(reversed(around), key=lambda b: (b[2] - b[0]) * (b[3] - b[1]))  # of equal ones the one in front
                if left < box[0] + 2 or right > box[2] - 2 or top < box[1] or bottom > box[3]:
                    yield "".join(element.itertext())

    def unresolved(self):
        """References to what is not there, or elsewhere."""
        ids = {e.get("id") for e in self.root.iter()}
        values = [v for e in self.root.iter() for v in e.attrib.values()]
        return [r for v in values for r in re.findall(r"url\(#?([^)]*)\)", v) if r not in ids] + [
            v for v in values if "://" in v]
