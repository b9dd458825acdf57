/**
 * Builds an element. Text always goes in as text, so nothing that came from outside is ever read as markup.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] `class`, `on` (listeners), `data`, `style` (custom properties), else attributes
 * @param {...(Node | string | null | undefined | false)} children
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (name === 'on')
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener)
    else if (name === 'data') Object.assign(node.dataset, value)
    else if (name === 'style')
      for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one)
    else node.setAttribute(name, value === true ? '' : String(value))
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return node
}

/** Only web and mail addresses become links; anything else stays text. */
export function link(url, ...children) {
  const isSafe = /^(https?:|mailto:|tel:)/iu.test(url)
  if (!isSafe) return el('span', { class: 'dead-link', title: url }, ...children)
  return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, ...children)
}

/** Shows a sentence for a while at the foot of the window. */
export function toast(sentence) {
  const node = document.getElementById('toast')
  node.textContent = sentence
  node.classList.add('shown')
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => node.classList.remove('shown'), 6000)
}
