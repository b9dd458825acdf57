import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * What a newcomer does in the first minute: `npm start`, open the page, take the first card. A real browser against the
 * real command, in an empty folder.
 */

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let folder: string
let server: ChildProcess
let browser: Browser
let address: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-system-'))
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SLACK_|ACKBRIDGE_|VITEST|NODE_OPTIONS)/.test(name)),
  )
  server = spawn(process.execPath, [resolve('src/main.ts'), 'start'], {
    cwd: folder,
    env: { ...env, PORT: '0' },
  })
  address = await new Promise((found, failed) => {
    let said = ''
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk
      const url = /http:\/\/127\.0\.0\.1:\d+\/(?=\s)/.exec(said)?.[0]
      if (url !== undefined && said.includes('Ctrl-C')) found(url)
    })
    server.stderr?.on('data', (chunk: Buffer) => {
      said += chunk
    })
    server.once('exit', (code) => failed(new Error(`start ended with ${code}: ${said}`)))
  })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
})

afterAll(async () => {
  await browser?.close()
  if (server.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    expect(await ended).toBe(0)
  }
  rmSync(folder, { recursive: true, force: true })
})

async function open(width: number, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.goto(address)
  page.on('close', () => expect(faults).toEqual([]))
  return page
}

describe('the playground’s page', () => {
  it('shows the first card at once, and one press takes it', async () => {
    const page = await open(1280, 800)

    await page.getByText('web01 / HTTP').or(page.getByText('Nobody has it yet.')).first().waitFor()
    await page.getByRole('button', { name: 'Acknowledge', exact: true }).first().click()
    await page.getByText('has it since').first().waitFor()

    expect(await page.getByText('has it since').first().isVisible()).toBe(true)
    await page.close()
  })

  it('takes a card by the form, with a comment', async () => {
    const page = await open(1280, 800)
    await page.getByRole('button', { name: 'Acknowledge…' }).last().click()
    await page.getByRole('dialog').getByRole('textbox').first().fill('on my way')
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge', exact: true }).click()

    await page.getByText('“on my way”').first().waitFor()
    await page.close()
  })

  it('answers /status where it is typed', async () => {
    const page = await open(1280, 800)
    const composer = page.getByPlaceholder(/Message #alerts/)
    await composer.fill('/status')
    await composer.press('Enter')

    await page.getByText('Only visible to you').last().waitFor()
    await page
      .getByText(/\d+ open/)
      .last()
      .waitFor()
    await page.close()
  })

  it('fits a phone without scrolling sideways', async () => {
    const page = await open(390, 844)
    await page
      .getByRole('button', { name: /Acknowledge/ })
      .first()
      .waitFor()

    // Said as text, because it runs in the page, whose types this project does not load.
    const wide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    )

    expect(wide).toBe(false)
    await page.close()
  })
})
