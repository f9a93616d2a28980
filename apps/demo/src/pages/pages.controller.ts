import { Controller, Get, Header } from '@nestjs/common';
import { InvoicesService } from '../invoices/invoices.service.js';
import { invoicesPage } from './invoices.page.js';
import { contentSecurityPolicy } from './layout.js';

const newest = 50;

/** Pages for people. */
@Controller()
export class PagesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', contentSecurityPolicy)
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('Cache-Control', 'no-store')
  async index(): Promise<string> {
    const { data } = await this.invoices.list({ limit: newest });
    return invoicesPage(data);
  }
}
